import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { LoginRefusal } from "../../ports/database-engine.ts";
import { passwordEachKindTag, passwordLengthTag } from "../../tags/tag-names.ts";
import type { ServerError } from "./tokens.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
  /** What of the account stands in the way. */
  readonly property?: string;
}

const policy = (hint: string): Meaning => ({ code: "account-unsupported", property: "password policy", hint });
const rights: Meaning = {
  code: "database-rights-missing",
  hint: "give the admin ALTER ANY LOGIN and VIEW ANY DEFINITION, and db_owner in each database that the user is in",
};
const busy: Meaning = { code: "database-busy" };
const locked: Meaning = { code: "database-locked" };

/** rekey's own number, which its batch throws where another rotation has the lock. */
export const lockNotFree = 50_001;

/** Numbers of errors to their meanings. Source: Microsoft's "Database engine events and errors". None was measured on a server. */
const meanings: Readonly<Record<number, Meaning>> = {
  229: rights,
  262: rights,
  297: rights,
  300: rights,
  916: rights,
  1205: locked,
  1222: locked,
  3906: { code: "database-read-only" },
  3930: { code: "database-failed" },
  4060: {
    code: "database-unknown",
    hint: "the database in dbname does not exist, is not online, or the user may not connect to it",
  },
  4064: { code: "database-unknown", hint: "the login's default database cannot be opened: set dbname in the secret" },
  5011: rights,
  15_023: {
    code: "user-collision",
    hint: "a database has a user of the alternate's name that is another login's: rename it",
  },
  15_025: { code: "user-collision" },
  15_114: policy(
    "the password was changed too recently (minimum password age): rotate less often, or let an admin secret set it",
  ),
  15_115: policy("the password was used before (password history)"),
  15_116: policy(`the password policy wants a longer password: set ${passwordLengthTag}`),
  15_117: policy(`the password is too long for the policy: set ${passwordLengthTag}`),
  15_118: policy(`the password policy wants more kinds of characters: remove ${passwordEachKindTag}=false`),
  15_119: policy("a password filter of Windows refuses what rekey generates"),
  15_151: {
    code: "database-rights-missing",
    hint: "the user does not exist, or the session may not change it: check its name, or give the admin ALTER ANY LOGIN",
  },
  15_247: rights,
  15_404: rights,
  17_142: busy,
  17_809: busy,
  18_401: busy,
  18_451: busy,
  18_461: busy,
  10_928: busy,
  10_929: busy,
  40_501: busy,
  40_613: busy,
  [lockNotFree]: locked,
};

interface Refusal {
  readonly refusal: LoginRefusal;
  readonly hint?: string;
}

const refusals: Readonly<Record<number, Refusal>> = {
  18_456: { refusal: "bad-credential" },
  18_452: {
    refusal: "login-not-allowed",
    hint: "the server takes logins of Windows only: allow SQL Server authentication",
  },
  18_470: { refusal: "login-not-allowed", hint: "the login is disabled: ALTER LOGIN [<user>] ENABLE" },
  18_486: {
    refusal: "login-not-allowed",
    hint: "too many refused logins have locked the login: wait, or ALTER LOGIN [<user>] WITH PASSWORD = '…' UNLOCK",
  },
  18_487: {
    refusal: "expired",
    hint: "the password has expired: set it by hand, or let an admin secret do it",
  },
  18_488: {
    refusal: "expired",
    hint: "the login has MUST_CHANGE: set its password by hand without it, or let an admin secret do it",
  },
};

/** The one that says most: with 4060 comes a plain "login failed". */
const telling = (errors: readonly ServerError[]): ServerError =>
  errors.find(({ number }) => number in meanings) ??
  errors.find(({ number }) => number !== 18_456 && number in refusals) ??
  errors.find(({ number }) => number in refusals) ??
  errors[0] ?? { number: 0, state: 0, severity: 0 };

/** The errors of an answer as rekey's own. Only numbers cross: the server's texts may repeat a statement. */
export function statementError(errors: readonly ServerError[], operation: string): RekeyError {
  const { number, state } = telling(errors);
  const { code, hint, property } = meanings[number] ?? { code: "database-failed" };
  return new RekeyError(code, { context: { operation, property, number, state }, hint });
}

/** A refused credential. Errors: what a login fails for otherwise. */
export function refusalIn(errors: readonly ServerError[]): Refusal {
  const refused = refusals[telling(errors).number];
  if (refused === undefined) throw statementError(errors, "log in");
  return refused;
}
