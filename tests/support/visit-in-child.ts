import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { childVariables } from "./child-variables.ts";
import type { EngineVisit, Outcome } from "./engine-visit.ts";

const child = fileURLToPath(new URL("engine-child.ts", import.meta.url));

/** The visits of a process of its own, which is killed when it is still running long after its last deadline. */
export async function visitInChild(...visits: readonly EngineVisit[]): Promise<readonly Outcome[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(visits)], {
    timeout: 25_000,
    killSignal: "SIGKILL",
    env: childVariables,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
}
