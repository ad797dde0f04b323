import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readTemplate } from "../local/template/read-template.ts";

const template = readTemplate(readFileSync(new URL("../template.yaml", import.meta.url), "utf8"));
const dist = new URL("../dist/", import.meta.url);
mkdirSync(dist, { recursive: true });
/** The template for programs without a reader of YAML and of CloudFormation's tags. */
writeFileSync(new URL("template.json", dist), `${JSON.stringify(template)}\n`);
