import { execFileSync } from "node:child_process";

const lookMs = 500;

/** `undefined` where there is no `ps`. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" }));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Calls back once npx, or another runner of packages, that started this process has ended: it passes a signal on to the shell
 * between them and not to here. A process that nothing of the kind started is left alone.
 */
export function whenLauncherEnds(then: () => void): void {
  if (process.env["npm_command"] === undefined) return;
  const shell = process.ppid;
  const runner = parentOf(shell) ?? shell;
  const timer = setInterval(() => {
    if (process.ppid === shell && isAlive(runner)) return;
    clearInterval(timer);
    then();
  }, lookMs);
  timer.unref();
}
