import { readFile } from "node:fs/promises";

const lookMs = 500;

/** `undefined` where /proc has no answer: outside of Linux, and for a process that is gone. */
async function parentOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /^.*\) \S+ (\d+)/su.exec(stat)?.[1];
}

/**
 * Calls back once npx, or another runner of packages, that started this process has ended: it passes a signal on to the shell
 * between them and not to here, and passes nothing on when it is killed, which only Linux shows. A process that nothing of the
 * kind started is left alone.
 */
export async function whenLauncherEnds(then: () => void): Promise<void> {
  if (process.env["npm_command"] === undefined) return;
  const shell = process.ppid;
  const runner = await parentOf(shell);
  const look = async (): Promise<void> => {
    if (process.ppid === shell && (await parentOf(shell)) === runner) setTimeout(() => void look(), lookMs).unref();
    else then();
  };
  await look();
}
