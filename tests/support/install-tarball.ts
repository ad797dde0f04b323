import { execFile } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { stagePackage } from "../../bundle/stage-package.ts";

const execute = promisify(execFile);

/** Packs what was built and installs the tarball, as npm does, in `node_modules` of the folder. Returns where. */
export async function installTarball(folder: string): Promise<string> {
  const staged = path.join(folder, "staged");
  await stagePackage(undefined, staged);
  await execute("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: staged });
  await rm(staged, { recursive: true });
  const tarball = (await readdir(folder)).find((file) => file.endsWith(".tgz")) ?? "";
  const installed = path.join(folder, "node_modules/rekey");
  await mkdir(installed, { recursive: true });
  // Where the path has Node and npm alone, tar is still where every system has it.
  const env = { PATH: "/usr/bin:/bin" };
  await execute("tar", ["-xzf", path.join(folder, tarball), "-C", installed, "--strip-components=1"], { env });
  return installed;
}
