import { codes, type ErrorCode } from "../../shared/errors/codes.ts";
import { type ErrorContext, isRekeyError, RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DatabaseTarget, LoginRefusal, ServerFacts } from "../../shared/rotation/ports.ts";

/** What a login process is asked, one thing at a time. `password` is text: it only ever stands in this message. */
export type Question =
  | {
      readonly ask: "log in";
      readonly target: DatabaseTarget;
      readonly username: string;
      readonly password: string;
      readonly authSource: string | undefined;
    }
  | { readonly ask: "inspect"; readonly usernames: readonly string[] }
  | { readonly ask: "close" };

interface Failure {
  readonly of: "failure";
  readonly code: string;
  readonly context: ErrorContext;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;
}

export type Answer =
  | { readonly of: "ready" | "closed" }
  | { readonly of: "session"; readonly inspects: boolean }
  | { readonly of: "refusal"; readonly refusal: LoginRefusal }
  | { readonly of: "facts"; readonly facts: ServerFacts }
  | Failure;

/** Of an error that is not rekey's, its name alone: the rest may hold what the driver was given. */
export function failureOf(error: unknown): Failure {
  const own = isRekeyError(error)
    ? error
    : new RekeyError("internal-fault", { context: { name: error instanceof Error ? error.name : typeof error } });
  const { code, context, hint, retryAfterMs } = own;
  return { of: "failure", code, context, hint, retryAfterMs };
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(codes, code);

/** The error that `failureOf` was given. */
export function errorIn({ code, context, hint, retryAfterMs }: Failure): RekeyError {
  return new RekeyError(isCode(code) ? code : "internal-fault", {
    context,
    hint,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
