import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { templateText } from "./template-text.ts";
import { vpcEndpointsText } from "./vpc-endpoints-text.ts";

const root = resolve(import.meta.dirname, "../..");
writeFileSync(resolve(root, "template.yaml"), templateText());
writeFileSync(resolve(root, "templates/vpc-endpoints.yaml"), vpcEndpointsText());
