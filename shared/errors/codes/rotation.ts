import type { CodeEntry } from "../code-entry.ts";
import { acceptExperimentalTag, graceTag } from "../../tags/tag-names.ts";

/** The secret, its rotation, and the store that keeps both. */
export const rotationCodes = {
  "account-refused": {
    disposition: "abort",
    meaning: "the secret is of an account for which the function's configuration names no role",
    hint: "if the function may rotate that account's secrets, add a role of it to REKEY_ACCOUNT_ROLES (template parameter AccountRoleArns)",
  },
  "admin-secret-refused": {
    disposition: "abort",
    meaning: "the function's configuration does not let this admin secret be used, or not on this server",
    hint: "if the secret may use this admin, add its ARN to REKEY_ADMIN_SECRETS (template parameter AdminSecretArns)",
  },
  "engine-experimental": {
    disposition: "abort",
    meaning: "the engine is experimental: it never ran on a real server, and the secret's tags do not accept that",
    hint: `try it with a secret of a test server; where you accept it for this secret, set its tag ${acceptExperimentalTag} to true`,
  },
  "grace-not-over": {
    disposition: "retry",
    meaning: "the replaced credential may still be in use: its grace period is not over, or a rotation is under way",
    hint: `nothing to do; it is retired later. The tag ${graceTag} says how long it lives`,
  },
  "internal-fault": {
    disposition: "intervene",
    meaning: "rekey met a state that it does not know",
    hint: "report it with the name in the context; the state in the stores is unchanged or converges on the next try",
  },
  "pending-tampered": {
    disposition: "abort",
    meaning: "AWSPENDING names another host, port, user, database or engine than this rotation would",
    hint: "remove AWSPENDING from that version and rotate again",
  },
  "rotation-disabled": {
    disposition: "abort",
    meaning: "rotation is not enabled for this secret",
    hint: "call RotateSecret with this function's ARN first",
  },
  "rotation-function-failed": {
    disposition: "retry",
    meaning: "the secret's rotation function could not be invoked, or died",
    hint: "look at that function's log, and at the role's lambda:InvokeFunction permission",
  },
  "rotation-too-soon": {
    disposition: "retry",
    meaning: "services may not know the next signing key yet",
    hint: "rotate after retryAfterMs",
  },
  "rotation-under-way": {
    disposition: "retry",
    meaning: "a rotation of this secret is not finished",
    hint: "wait for Secrets Manager to finish or repeat it; rekey doctor says what keeps it",
  },
  "step-invalid": {
    disposition: "abort",
    meaning: "the event is not a Secrets Manager rotation event",
    hint: "the function takes Step, SecretId and ClientRequestToken as Secrets Manager sends them",
  },
  "version-not-pending": {
    disposition: "abort",
    meaning: "the version is not labelled AWSPENDING, so it must not be promoted",
    hint: "rotate again; a value put by hand in the middle of a rotation ends that rotation",
  },
  "version-unknown": {
    disposition: "abort",
    meaning: "the secret has no such version, or the version has no value",
    hint: "start the rotation with RotateSecret; do not call the steps by hand",
  },
} as const satisfies Record<string, CodeEntry>;
