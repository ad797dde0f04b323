import { readFileSync, writeFileSync } from "node:fs";
import { readTemplate } from "../../local/template/read-template.ts";
import { parametersText } from "./parameters-text.ts";

const template = readTemplate(readFileSync(new URL("../../template.yaml", import.meta.url), "utf8"));
writeFileSync(new URL("parameters.tf", import.meta.url), parametersText(template));
