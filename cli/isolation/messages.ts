import { isMembers } from "../../shared/answers/members.ts";
import { codes, type ErrorCode } from "../../shared/errors/codes.ts";
import { type ErrorContext, isRekeyError, RekeyError } from "../../shared/errors/rekey-error.ts";
import type { AccountNote } from "../../shared/ports/call.ts";
import type {
  DatabaseTarget,
  LoginRefusal,
  OwnAccount,
  PlannedChange,
  ServerFacts,
} from "../../shared/ports/database-engine.ts";
import { defined } from "../../shared/secrets/defined.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

/** The same with each password as text. */
type Revealed<Of> = Of extends SecretValue
  ? string
  : Of extends object
    ? { readonly [Member in keyof Of]: Revealed<Of[Member]> }
    : Of;

export type RevealedChange = Revealed<PlannedChange>;

const mapped = (of: unknown, member: (value: unknown, name: string) => unknown): unknown =>
  isMembers(of) ? Object.fromEntries(Object.entries(of).map(([name, value]) => [name, member(value, name)])) : of;

const reveal = (value: unknown): unknown => (value instanceof SecretValue ? value.reveal() : mapped(value, reveal));

/** A change as it crosses to the process that rehearses it. */
export const revealedChange = (change: PlannedChange): RevealedChange => reveal(change) as RevealedChange;

const conceal = (value: unknown, name = ""): unknown =>
  name === "password" && typeof value === "string" ? new SecretValue(value) : mapped(value, conceal);

/** The change that `revealedChange` was given. */
export const concealedChange = (change: RevealedChange): PlannedChange => conceal(change) as PlannedChange;

/** What a login process is asked, one thing at a time. Passwords are text here: they only ever stand in this message. */
export type Question =
  | {
      readonly ask: "log in";
      readonly target: DatabaseTarget;
      readonly username: string;
      readonly password: string;
      readonly authSource: string | undefined;
      readonly saslMechanism: string | undefined;
    }
  | { readonly ask: "inspect"; readonly usernames: readonly string[] }
  | { readonly ask: "read own account" }
  | { readonly ask: "rehearse"; readonly change: RevealedChange }
  | { readonly ask: "close" };

interface Failure {
  readonly of: "failure";
  readonly code: string;
  readonly context: ErrorContext;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;
}

/** The methods of a session that change nothing, as far as its engine has them. */
export const lookMethods = ["inspect", "readOwnAccount", "rehearse"] as const;
export type LookMethod = (typeof lookMethods)[number];

export type Answer =
  | { readonly of: "ready" | "closed" }
  | { readonly of: "rehearsed"; readonly notes: readonly AccountNote[] }
  | { readonly of: "session"; readonly can: readonly LookMethod[] }
  | { readonly of: "own account"; readonly own: OwnAccount }
  | { readonly of: "refusal"; readonly refusal: LoginRefusal; readonly hint: string | undefined }
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
    ...defined({ retryAfterMs }),
  });
}
