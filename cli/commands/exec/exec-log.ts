import { isRekeyError } from "../../../shared/errors/rekey-error.ts";
import { failureText } from "../../output/failure-text.ts";
import { printError } from "../../output/output.ts";

/** Lines on stderr, which the program shares: what happened, and ids. Never a value. */
export interface ExecLog {
  say(text: string): void;
  /** A failure in one line. The same one is told once in a row. */
  failed(what: string, error: unknown): void;
  /** The next failure is told, also if it is the same. */
  recovered(): void;
}

export function execLog(): ExecLog {
  let last = "";
  return {
    say: (text) => printError(`rekey exec: ${text}`),
    failed(what, error) {
      const [message = "", hint = ""] = failureText(error);
      const line = `${what}: ${message}${isRekeyError(error) ? `. ${hint}` : ""}`;
      if (line === last) return;
      last = line;
      printError(`rekey exec: ${line}`);
    },
    recovered: () => void (last = ""),
  };
}
