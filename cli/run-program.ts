import { CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { keptAlive } from "../shared/client/kept-alive.ts";
import {
  type CommandContext,
  type CommandDefinition,
  type CommandKind,
  interruptedCode,
  readerGoneCode,
} from "./command.ts";
import { failureText, faultText } from "./output/failure-text.ts";
import { interruptOf } from "./interrupt.ts";
import { whenLauncherEnds } from "./launcher.ts";
import { guardStreams, onStdoutLost, printError, stalledCode } from "./output/output.ts";
import { programOf } from "./program.ts";

const timeoutMs = 60_000;
/** Of a pipe whose reader is gone, and of a terminal that is. */
const readerGone: ReadonlySet<string> = new Set(["EPIPE", "EIO", "ECONNRESET"]);

/** What libraries print of their own is dropped: an error of theirs may hold what they were called with. */
function silenceLibraries(): void {
  for (const method of ["debug", "error", "info", "trace", "warn"] as const) console[method] = () => undefined;
}

/**
 * Ends a command that only reads when its output cannot be written. Another one goes on without output, and where that is
 * a failure, such as a full disk, its exit code is not 0.
 */
function minding(kindNow: () => CommandKind): { readonly isStalled: () => boolean } {
  let isStalled = false;
  onStdoutLost((code) => {
    isStalled = code === stalledCode;
    const isReaderGone = readerGone.has(code);
    const isWorkOver = kindNow() === "reads";
    if (!isReaderGone) {
      printError(`stdout cannot be written (${code})${isWorkOver ? "" : "; the command continues without output"}`);
      process.on("exit", (exitCode) => {
        if (exitCode === 0) process.exitCode = 1;
      });
    }
    if (isWorkOver) process.exit(isReaderGone ? readerGoneCode : 1);
  });
  return { isStalled: () => isStalled };
}

/** Runs the command that the words name, and sets the process' exit code. */
export async function runProgram(commands: readonly CommandDefinition[], words: readonly string[]): Promise<void> {
  const program = { commands, version: packageJson.version };
  const interrupt = interruptOf();
  const isInterrupted = (): boolean => interrupt.signal.aborted;
  let kind: CommandKind = "reads";
  const output = minding(() => kind);
  guardStreams();
  silenceLibraries();
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(fault, (error: unknown) => {
      printError(faultText(error));
      if (kind !== "serves") process.exit(1);
    });
  }

  function contextOf(definition: CommandDefinition): CommandContext {
    const limitMs = definition.timeoutMs ?? timeoutMs;
    ({ kind } = definition);
    if (kind === "serves") void whenLauncherEnds(() => process.kill(process.pid, "SIGTERM"));
    const signals = limitMs === false ? [] : [AbortSignal.timeout(limitMs)];
    if (definition.ownSignals === true) interrupt.release();
    return { program, signal: AbortSignal.any([interrupt.signal, ...signals]), isInterrupted };
  }

  const ended = (exitCode: number): void => {
    process.exitCode = isInterrupted() && exitCode === interruptedCode ? interrupt.exitCode() : exitCode;
  };
  try {
    // Unreferenced timers, such as a time-out signal, do not keep a process alive while a command waits for them.
    await keptAlive(programOf(program, contextOf, ended).parseAsync(words, { from: "user" }));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (isInterrupted()) {
      printError("interrupted");
      process.exitCode = interrupt.exitCode();
    } else {
      printError(...failureText(error));
      process.exitCode = 1;
    }
  }
  interrupt.over();
  // What is still waiting for that reader would keep the process alive.
  if (output.isStalled()) process.exit();
}
