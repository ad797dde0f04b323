import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** The program, running. */
export interface Program {
  readonly pid: number;
  /** What a signal reaches that ends it: its group as a negative number, or itself. */
  readonly group: number;
  /** The exit code, 128 and the number of a signal that ended it. */
  readonly ended: Promise<number>;
  readonly hasEnded: () => boolean;
  /** Sends a signal to the program alone. */
  notify(signal: NodeJS.Signals): void;
  /** Sends a signal to its group. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Sends the signal to its group, after the grace time SIGKILL. Settles when none of the group is left. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly words: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
  /** A group of its own; without it, it is in rekey's, which is the terminal's. */
  readonly ownGroup: boolean;
  /** Default: rekey's own. */
  readonly stdio?: StdioOptions;
}

const lookMs = 50;
/** A program that is not there, and one that cannot be run, as shells have it. */
export const notFoundCode = 127;
const notRunCode = 126;

export const signalCode = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

const exitOf = async (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : signalCode(signal)));
  });

/** A number: it could not be started, and that is the exit code. */
export async function startProgram(launch: Launch): Promise<Program | number> {
  const { command, words, variables, ownGroup, stdio = "inherit" } = launch;
  const child = spawn(command, words, { stdio, env: variables, detached: ownGroup });
  const ended = exitOf(child);
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", resolve);
  });
  const { pid } = child;
  if (failure !== undefined || pid === undefined)
    return Reflect.get(Object(failure), "code") === "ENOENT" ? notFoundCode : notRunCode;
  const group = ownGroup ? -pid : pid;
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const isLeft = (): boolean => (ownGroup ? send(group, 0) : !hasEnded);

  return {
    pid,
    group,
    ended,
    hasEnded: () => hasEnded,
    notify: (signal) => void (hasEnded || send(pid, signal)),
    signalGroup: (signal) => void (isLeft() && send(group, signal)),
    async stop(signal, graceMs) {
      if (!isLeft()) return;
      send(group, signal);
      const untilMs = performance.now() + graceMs;
      while (isLeft() && performance.now() < untilMs) await delay(lookMs);
      if (isLeft()) send(group, "SIGKILL");
      if (!hasEnded) await ended;
    },
  };
}
