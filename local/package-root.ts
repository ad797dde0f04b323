import { fileURLToPath } from "node:url";

/** Where `template.yaml` and `dist/functions` are: from the source, and from the command line's bundle in `dist/package/cli`. */
export const packageRoot = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? ".." : "../../..", import.meta.url));
