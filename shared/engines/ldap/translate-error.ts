import { RekeyError } from "../../errors/rekey-error.ts";
import { strategyTag } from "../../tags/tag-names.ts";
import type { Result } from "./guard-answers.ts";
import { commonMeanings, type Meaning } from "./result-meanings.ts";

/** What a password policy objects to, by its number. Source: draft-behera-ldap-password-policy, 6.2. */
export const policyErrors = {
  passwordExpired: 0,
  accountLocked: 1,
  changeAfterReset: 2,
  passwordModNotAllowed: 3,
  mustSupplyOldPassword: 4,
  insufficientPasswordQuality: 5,
  passwordTooShort: 6,
  passwordTooYoung: 7,
  passwordInHistory: 8,
} as const;

const policyHints: Readonly<Record<number, string>> = {
  [policyErrors.passwordModNotAllowed]:
    "the policy does not let the user change its own password (pwdAllowUserChange): name an admin secret in masterarn",
  [policyErrors.mustSupplyOldPassword]: `the policy takes a new password only in exchange for the old one (pwdSafeModify): use ${strategyTag}=single-user, or give the user a policy without it`,
  [policyErrors.insufficientPasswordQuality]:
    "the policy refuses a password that it cannot look into (pwdCheckQuality 2), and rekey sends a hash: give the user a policy with pwdCheckQuality 0 or 1",
  [policyErrors.passwordTooYoung]:
    "the policy lets a password be changed only after a while (pwdMinAge): rotate less often, or give the user a policy without it",
};

const insufficientRights: Meaning = {
  code: "database-rights-missing",
  reason: "insufficientAccessRights",
  hint: "let the user read and write its own userPassword (access to attrs=userPassword by self write by anonymous auth by * none), or name an admin secret in masterarn whose user may",
};
const readOnly: Omit<Meaning, "reason"> = {
  code: "database-read-only",
  hint: "the server takes no changes, or leads to another one, which rekey does not follow: name the provider in the secret",
};

/** Result codes to their meanings. Source: RFC 4511, 4.1.9 and A.2; measured on OpenLDAP 2.5.13. */
const byCode: Readonly<Record<number, Meaning>> = {
  ...commonMeanings,
  8: { code: "tls-refused", reason: "strongerAuthRequired", hint: "the server wants TLS: remove ssl: false" },
  10: { ...readOnly, reason: "referral" },
  13: { code: "tls-refused", reason: "confidentialityRequired", hint: "the server wants TLS: remove ssl: false" },
  17: {
    code: "account-unsupported",
    reason: "undefinedAttributeType",
    property: "no userPassword",
    hint: "the server's entries have no userPassword, so it is not OpenLDAP",
  },
  19: {
    code: "account-unsupported",
    reason: "constraintViolation",
    property: "password policy",
    hint: `a password policy or a constraint refuses the change: allow userPassword two values, or use ${strategyTag}=single-user`,
  },
  34: {
    code: "secret-malformed",
    reason: "invalidDNSyntax",
    hint: "username is the distinguished name that services bind with, such as cn=orders,ou=services,dc=example,dc=com",
  },
  50: insufficientRights,
  53: { ...readOnly, reason: "unwillingToPerform" },
  65: {
    code: "account-unsupported",
    reason: "objectClassViolation",
    property: "no userPassword",
    hint: "the entry's object classes do not allow userPassword: add simpleSecurityObject",
  },
};

/** The error for a result that is no success. Only words of these tables cross: the server's own text may repeat what was sent. */
export function resultError({ code: resultCode, policy }: Result, operation: string): RekeyError {
  if (policy !== undefined) {
    const [reason = "unknown"] = Object.entries(policyErrors).find(([, number]) => number === policy) ?? [];
    return new RekeyError("account-unsupported", {
      context: { operation, property: "password policy", reason, resultCode },
      hint:
        policyHints[policy] ?? "the password policy refuses what rekey generates: give the user a policy that takes it",
    });
  }
  const { code, reason, hint, property } = byCode[resultCode] ?? {
    code: "database-failed",
    reason: "other result",
    hint: "look up the result code in the context, and the operation in the server's log",
  };
  return new RekeyError(code, { context: { operation, property, reason, resultCode }, hint });
}
