import { readFileSync, writeFileSync } from "node:fs";
import { readTemplate } from "../reading/read-template.ts";
import { parametersText } from "./parameters-text.ts";
import { rotationText } from "./rotation-text.ts";

const template = readTemplate(readFileSync(new URL("../../template.yaml", import.meta.url), "utf8"));
writeFileSync(new URL("parameters.tf", import.meta.url), parametersText(template));
writeFileSync(new URL("rotation.tf", import.meta.url), rotationText(template));
