import { existsSync } from "node:fs";
import path from "node:path";

/** The folder that holds the template and the functions: the repository's, or the installed package's. */
export function packageRoot(folder: string = import.meta.dirname): string {
  return existsSync(path.join(folder, "template.yaml")) ? folder : packageRoot(path.dirname(folder));
}
