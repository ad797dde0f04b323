import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { functionEnvironment } from "../bundle/function-environment.ts";

/**
 * Milliseconds of CPU that the import takes in a fresh process: the machines that this runs on are shared, and wall time
 * there says more of the neighbours.
 */
export async function coldImportMs(file: string): Promise<number> {
  const script = `const before = process.cpuUsage(); await import(${JSON.stringify(pathToFileURL(file).href)}); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000); process.exit()`;
  const env = { ...process.env, ...functionEnvironment };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
  return Number(stdout);
}
