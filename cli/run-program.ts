import { CommanderError } from "commander";
import { type CommandContext, type CommandDefinition, interruptedCode } from "./command.ts";
import { failureText } from "./failure-text.ts";
import { programOf } from "./program.ts";
import { version } from "./version.ts";

const timeoutMs = 60_000;
/** The longest delay of a timer. */
const longestMs = 2 ** 31 - 1;

/** Runs the command that the words name, and sets the process' exit code. */
export async function runProgram(definitions: readonly CommandDefinition[], words: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  // The first Ctrl-C lets the command end in order; a second one ends it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(interruptedCode);
      interrupt.abort();
    });
  }
  // `rekey status | head` is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });

  function contextOf({ timeoutMs: limitMs = timeoutMs }: CommandDefinition): CommandContext {
    const signals = limitMs === false ? [] : [AbortSignal.timeout(limitMs)];
    return {
      signal: AbortSignal.any([interrupt.signal, ...signals]),
      isInterrupted: () => interrupt.signal.aborted,
    };
  }

  // Unreferenced timers, such as a time-out signal, do not keep a process alive while a command waits for them.
  const awake = setInterval(() => undefined, longestMs);
  try {
    const program = programOf(definitions, version, contextOf, (exitCode) => (process.exitCode = exitCode));
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (interrupt.signal.aborted) {
      console.error("interrupted");
      process.exitCode = interruptedCode;
    } else {
      console.error(failureText(error));
      process.exitCode = 1;
    }
  } finally {
    clearInterval(awake);
  }
}
