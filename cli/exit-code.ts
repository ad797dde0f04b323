import { isRekeyError } from "../shared/errors/rekey-error.ts";

const isWrongUse = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");

/** Sets the process' exit code to a command's, and says what went wrong: 2 is wrong use, 1 everything else. */
export async function exitWith(command: () => Promise<number>, usage: string): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (isWrongUse(error)) {
      console.error(`${error.message}\n${usage}`);
      process.exitCode = 2;
    } else if (isRekeyError(error)) {
      console.error(`${error.message}\n${error.hint}`);
      process.exitCode = 1;
    } else throw error;
  }
}
