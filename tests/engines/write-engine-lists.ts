import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { engineLists, root } from "./render-engine-lists.ts";

for (const [file, text] of Object.entries(engineLists)) {
  mkdirSync(dirname(resolve(root, file)), { recursive: true });
  writeFileSync(resolve(root, file), text);
}
