import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { needed } from "../../bundle/stage-package.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** What a service prints at its end. */
export interface ServiceReport {
  /** The code of the error with which it was refused at once. */
  readonly refused?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly failed: readonly string[];
  readonly queries: number;
  readonly rotations: number;
  readonly warnings: readonly string[];
  /** Connections that the service's user has at the server at the end of the load, and after the pool's end. */
  readonly open: number;
  readonly left: number;
}

/**
 * Runs a service with rekey, as `installTarball` installed it, next to a driver as `from` has it, by its usual name. The service's text
 * prints its report as JSON.
 */
export async function runService(
  service: string,
  rekey: string,
  driver: { readonly from: string; readonly name: string },
  input: object,
): Promise<ServiceReport> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-peer-"));
  try {
    const link = async (from: string, name: string): Promise<void> => {
      const to = join(folder, "node_modules", name);
      await mkdir(dirname(to), { recursive: true });
      await symlink(from, to);
    };
    await cp(rekey, join(folder, "node_modules/rekey"), { recursive: true });
    for (const name of needed) await link(join(modules, name), name);
    await link(driver.from, driver.name);
    await writeFile(join(folder, "service.mjs"), service);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["service.mjs", JSON.stringify(input)], {
      cwd: folder,
      timeout: 120_000,
    });
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ServiceReport;
    const lines = stderr.split("\n").filter((line) => line !== "");
    return { ...report, warnings: [...report.warnings, ...lines] };
  } finally {
    await rm(folder, { recursive: true });
  }
}
