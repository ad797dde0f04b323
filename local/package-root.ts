import { resolve } from "node:path";

/** Where `template.yaml` and `dist/functions` are: from the source, and from the command line's bundle in `dist/package/cli`. */
export const packageRoot = resolve(import.meta.dirname, import.meta.url.endsWith(".ts") ? ".." : "../../..");
