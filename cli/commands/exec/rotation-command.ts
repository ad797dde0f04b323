import { setTimeout as delay } from "node:timers/promises";
import type { ExecLog } from "./exec-log.ts";
import { startProgram } from "./program.ts";

const limitMs = 60_000;

/** Runs a command of the shell. Its output goes to stderr: stdout is the program's. A failure is logged. */
export async function runCommand(command: string, variables: NodeJS.ProcessEnv, log: ExecLog): Promise<void> {
  const started = await startProgram({
    command: "/bin/sh",
    words: ["-c", command],
    variables,
    ownGroup: true,
    stdio: ["ignore", 2, 2],
  });
  if (typeof started === "number") return log.say("the command cannot be run: /bin/sh is not there");
  const over = new AbortController();
  const limit = delay(limitMs, undefined, { signal: over.signal }).catch(() => undefined);
  const code = await Promise.race([started.ended, limit]);
  over.abort();
  if (code === undefined) await started.stop("SIGKILL", 0);
  if (code === undefined) log.say(`the command took longer than ${limitMs / 1_000} s and was ended`);
  else if (code !== 0) log.say(`the command ended with ${code}`);
}
