import { CommanderError } from "commander";
import { keptAlive } from "../shared/client/kept-alive.ts";
import { type CommandContext, type CommandDefinition, interruptedCode } from "./command.ts";
import { failureText, faultText } from "./failure-text.ts";
import { guardStreams, printError } from "./output.ts";
import { programOf } from "./program.ts";
import { version } from "./version.ts";

const timeoutMs = 60_000;

/** What libraries print of their own is dropped: an error of theirs may hold what they were called with. */
function silenceLibraries(): void {
  for (const method of ["debug", "error", "info", "trace", "warn"] as const) console[method] = () => undefined;
}

/** Runs the command that the words name, and sets the process' exit code. */
export async function runProgram(definitions: readonly CommandDefinition[], words: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  let goesOn = false;
  guardStreams();
  silenceLibraries();
  // The first Ctrl-C lets the command end in order; a second one ends it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(interruptedCode);
      interrupt.abort();
    });
  }
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(fault, (error: unknown) => {
      printError(faultText(error));
      if (!goesOn) process.exit(1);
    });
  }
  // `rekey status | head` is no failure.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (!goesOn) process.exit(code === "EPIPE" ? 0 : 1);
  });
  process.stderr.on("error", () => undefined);

  function contextOf({ timeoutMs: limitMs = timeoutMs, serves = false }: CommandDefinition): CommandContext {
    goesOn = serves;
    const signals = limitMs === false ? [] : [AbortSignal.timeout(limitMs)];
    return {
      signal: AbortSignal.any([interrupt.signal, ...signals]),
      isInterrupted: () => interrupt.signal.aborted,
    };
  }

  try {
    const program = programOf(definitions, version, contextOf, (exitCode) => (process.exitCode = exitCode));
    // Unreferenced timers, such as a time-out signal, do not keep a process alive while a command waits for them.
    await keptAlive(program.parseAsync(words, { from: "user" }));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (interrupt.signal.aborted) {
      printError("interrupted");
      process.exitCode = interruptedCode;
    } else {
      printError(...failureText(error));
      process.exitCode = 1;
    }
  }
}
