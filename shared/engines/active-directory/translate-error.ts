import { RekeyError } from "../../errors/rekey-error.ts";
import type { LoginRefusal } from "../../ports/database-engine.ts";
import { alternateUserTag, passwordLengthTag } from "../../tags/tag-names.ts";
import type { Dialect } from "../ldap/connection.ts";
import type { Result } from "../ldap/guard-answers.ts";
import { commonMeanings, type Meaning } from "../ldap/result-meanings.ts";

/** Numbers of Windows that a result is told apart by. Source: MS-ERREF, 2.2. */
export const details = { wrongPassword: 0x56, passwordPolicy: 0x52d, userExists: 0x524, notMember: 0x561 } as const;

export const codes = { success: 0, valueExists: 20, invalidCredentials: 49, entryExists: 68 } as const;

const rightsMissing: Omit<Meaning, "reason"> = {
  code: "database-rights-missing",
  hint: "a user may change its own password unless its account forbids that; an admin secret's user needs the right Reset password on the user, and for alternating users the rights to create users next to it, to write their properties, and to change the members of its groups",
};
const readOnly: Omit<Meaning, "reason"> = {
  code: "database-read-only",
  hint: "the domain controller is read-only or leads to another one, which rekey does not follow: name a writable one in the secret",
};

const byDetail: Readonly<Record<number, Meaning>> = {
  0x05: { ...rightsMissing, reason: "access denied" },
  0x1f: {
    code: "tls-refused",
    reason: "no encryption",
    hint: "the domain controller sets passwords over TLS alone: use the port of LDAPS, 636",
  },
  [details.passwordPolicy]: {
    code: "account-unsupported",
    reason: "password restriction",
    property: "password policy",
    hint: `the domain's policy, or a fine-grained one of the user, refuses the password: its length, its characters, its history, or a minimum age. Set a longer ${passwordLengthTag}, rotate less often than its minimum age, or name an admin secret in masterarn, whose changes have neither age nor history`,
  },
  0x523: {
    code: "account-unsupported",
    reason: "invalid account name",
    property: "name of the alternate user",
    hint: `an account's name has at most 20 characters: give the alternate user a shorter one with the tag ${alternateUserTag}`,
  },
};

/** Result codes to their meanings. Source: RFC 4511, 4.1.9 and A.2; measured on Samba 4.17. */
const byCode: Readonly<Record<number, Meaning>> = {
  ...commonMeanings,
  8: { code: "tls-refused", reason: "strongerAuthRequired", hint: "the server wants TLS: use port 636" },
  10: { ...readOnly, reason: "referral" },
  13: { code: "tls-refused", reason: "confidentialityRequired", hint: "the server wants TLS: use port 636" },
  19: {
    code: "account-unsupported",
    reason: "constraintViolation",
    property: "a rule of the directory",
    hint: "the directory's schema or a rule of the domain refuses the change: look up the detail in the context, a number of Windows",
  },
  34: {
    code: "engine-unsupported",
    reason: "invalidDNSyntax",
    hint: "the server wants a distinguished name, so it is not Active Directory, or the secret's is none",
  },
  50: { ...rightsMissing, reason: "insufficientAccessRights" },
};

/** The error for a result that is no success. Only words of these tables cross: the server's own text may repeat what was sent. */
export function resultError({ code: resultCode, detail }: Result, operation: string): RekeyError {
  const { code, reason, hint, property } = byDetail[detail ?? 0] ??
    byCode[resultCode] ?? {
      code: "database-failed",
      reason: "other result",
      hint: "look up the result code and the detail, a number of Windows, in the context",
    };
  return new RekeyError(code, { context: { operation, property, reason, resultCode, detail }, hint });
}

export const activeDirectory: Dialect = { controls: [], resultError };

interface Refusal {
  readonly refusal: LoginRefusal;
  readonly hint?: string;
}

/** Why a login was refused. Source: MS-ERREF, 2.2; Microsoft, "Bind fails with error 49". */
const refusals: Readonly<Record<number, Refusal>> = {
  0x530: {
    refusal: "login-not-allowed",
    hint: "the account may not log in at this hour (logonHours): let it, or rotate at another",
  },
  0x531: {
    refusal: "login-not-allowed",
    hint: "the account may log in from named machines alone (userWorkstations): add the domain controller",
  },
  0x532: {
    refusal: "expired",
    hint: "the password is older than the domain's maximum age: set it by hand, and let the account's password never expire, or rotate more often",
  },
  0x533: { refusal: "login-not-allowed", hint: "the account is disabled: enable it" },
  0x568: { refusal: "login-not-allowed", hint: "the account is in more groups than a login can carry" },
  0x701: { refusal: "expired", hint: "the account itself has expired (accountExpires): give it a later date" },
  0x773: {
    refusal: "expired",
    hint: "the account is marked to change its password at the next login (pwdLastSet is 0): take that off",
  },
  0x775: {
    refusal: "login-not-allowed",
    hint: "refused logins have locked the account: find who offers an old password, then unlock it",
  },
};

/** `undefined` for a login. Errors: those of `resultError`, for what is no answer to a credential. */
export function refusalIn(result: Result): Refusal | undefined {
  if (result.code === codes.success) return undefined;
  if (result.code !== codes.invalidCredentials) throw resultError(result, "log in");
  return refusals[result.detail ?? 0] ?? { refusal: "bad-credential" };
}
