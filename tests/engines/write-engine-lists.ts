import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { engineLists, root } from "./render-engine-lists.ts";

for (const [file, text] of Object.entries(engineLists)) writeFileSync(resolve(root, file), text);
