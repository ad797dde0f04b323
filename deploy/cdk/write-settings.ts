import { readFileSync, writeFileSync } from "node:fs";
import { readTemplate } from "../reading/read-template.ts";
import { settingsText } from "./settings-text.ts";

const template = readTemplate(readFileSync(new URL("../../template.yaml", import.meta.url), "utf8"));
writeFileSync(new URL("rekey-settings.ts", import.meta.url), settingsText(template));
