import { isatty } from "node:tty";
import { type Program, signalCode } from "./program.ts";

const ending = ["SIGINT", "SIGQUIT", "SIGTERM"] as const;
const telling = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"] as const;
/** What the terminal's driver sends to the whole group by itself. */
const fromTerminal: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGWINCH"]);

export interface ProgramSignals {
  /** Whether standard input is a terminal, so that the program is in the terminal's group, which is rekey's. */
  readonly hasTerminal: boolean;
  /** Fires at the first signal that asks for the end. */
  readonly ending: AbortSignal;
  /** The exit code of the last signal that asked for the end; `undefined`: none, or it is forgotten. */
  asked(): number | undefined;
  /** A program that got them may have had its own use for them. */
  forget(): void;
  /** Who gets them from now on. */
  passTo(program: Program | undefined): void;
}

/**
 * Passes signals on: what ends a program to its group, as a terminal does, everything else to the program alone. Without a
 * program, what tells is dropped. SIGHUP asks for the end then where there is a terminal, which was closed.
 */
export function programSignals(): ProgramSignals {
  const hasTerminal = isatty(0);
  const ended = new AbortController();
  let current: Program | undefined;
  let asked: number | undefined;

  function ask(signal: NodeJS.Signals): void {
    asked = signalCode(signal);
    ended.abort();
  }
  const comesByItself = (signal: NodeJS.Signals): boolean => hasTerminal && fromTerminal.has(signal);
  for (const signal of ending) {
    process.on(signal, () => {
      ask(signal);
      if (!comesByItself(signal)) current?.signalGroup(signal);
    });
  }
  for (const signal of telling) {
    process.on(signal, () => {
      if (current === undefined && signal === "SIGHUP" && hasTerminal) ask(signal);
      else if (!comesByItself(signal)) current?.notify(signal);
    });
  }
  return {
    hasTerminal,
    ending: ended.signal,
    asked: () => asked,
    forget: () => void (asked = undefined),
    passTo: (program) => void (current = program),
  };
}
