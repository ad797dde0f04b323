import { isatty } from "node:tty";
import { signalCodes } from "./command.ts";

type Signal = keyof typeof signalCodes;

export interface Interrupt {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** The exit code of the signal that came first. */
  readonly exitCode: () => number;
  /** From now on nothing is left that could end in order: the next signal ends the process. */
  over(): void;
  /** Listens no more. */
  release(): void;
}

/**
 * The first Ctrl-C, SIGTERM or closed terminal lets the command end in order; a second one ends it. Without a terminal, as
 * under `nohup`, systemd or in a container, SIGHUP does nothing: Node cannot see that `nohup` had it ignored.
 */
export function interruptOf(): Interrupt {
  const interrupt = new AbortController();
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let exitCode: number = signalCodes.SIGINT;
  let isOver = false;

  function caught(name: Signal): void {
    if (name === "SIGHUP" && !hasTerminal) return;
    if (isOver || interrupt.signal.aborted) process.exit(signalCodes[name]);
    exitCode = signalCodes[name];
    interrupt.abort();
  }
  const names = Object.keys(signalCodes) as Signal[];
  for (const name of names) process.on(name, caught);
  return {
    signal: interrupt.signal,
    exitCode: () => exitCode,
    over: () => void (isOver = true),
    release() {
      for (const name of names) process.off(name, caught);
    },
  };
}
