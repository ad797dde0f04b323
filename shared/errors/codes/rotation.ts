import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";
import { acceptExperimentalTag, graceExtensionTag, graceTag } from "../../tags/tag-names.ts";

/** The secret, its rotation, and the store that keeps both. */
export const rotationCodes = {
  "account-refused": abort(
    "the secret is of an account for which the function's configuration names no role",
    "if the function may rotate that account's secrets, add a role of it to REKEY_ACCOUNT_ROLES (template parameter AccountRoleArns)",
  ),
  "admin-secret-refused": abort(
    "the function's configuration does not let this admin secret be used, or not on this server",
    "if the secret may use this admin, add its ARN to REKEY_ADMIN_SECRETS (template parameter AdminSecretArns)",
  ),
  "engine-experimental": abort(
    "the engine is experimental: it never ran on a real server, and the secret's tags do not accept that",
    `try it with a secret of a test server; where you accept it for this secret, set its tag ${acceptExperimentalTag} to true`,
  ),
  "grace-not-over": retry(
    "the replaced credential may still be in use: its grace period is not over, or a rotation is under way",
    `nothing to do; it is retired later. The tag ${graceTag} says how long it lives`,
  ),
  "internal-fault": intervene(
    "rekey met a state that it does not know",
    "report it with the name in the context; the state in the stores is unchanged or converges on the next try",
  ),
  "pending-tampered": abort(
    "AWSPENDING names another host, port, user, database or engine than this rotation would",
    "remove AWSPENDING from that version and rotate again",
  ),
  "replaced-in-use": retry(
    "the replaced credential is due, and the server has connections of it",
    `restart or update who is named in Secret Retirement Delayed; it is retired when they are gone, or at the time that the event names. The tag ${graceExtensionTag} says how long rekey waits`,
  ),
  "replaced-still-logs-in": retry(
    "a server takes the replaced credential although it was made to stop there",
    "wait, if the server is a replica that lags or a pooler that keeps passwords; else look at who else sets passwords of that user",
  ),
  "rotation-disabled": abort(
    "rotation is not enabled for this secret",
    "call RotateSecret with this function's ARN first",
  ),
  "rotation-function-failed": retry(
    "the secret's rotation function could not be invoked, or died",
    "look at that function's log, and at the role's lambda:InvokeFunction permission",
  ),
  "rotation-too-soon": retry("services may not know the next signing key yet", "rotate after retryAfterMs"),
  "rotation-under-way": retry(
    "a rotation of this secret is not finished",
    "wait for Secrets Manager to finish or repeat it; rekey doctor says what keeps it",
  ),
  "step-invalid": abort(
    "the event is not a Secrets Manager rotation event",
    "the function takes Step, SecretId and ClientRequestToken as Secrets Manager sends them",
  ),
  "version-not-pending": abort(
    "the version is not labelled AWSPENDING, so it must not be promoted",
    "rotate again; a value put by hand in the middle of a rotation ends that rotation",
  ),
  "version-unknown": abort(
    "the secret has no such version, or the version has no value",
    "start the rotation with RotateSecret; do not call the steps by hand",
  ),
} as const satisfies Record<string, CodeEntry>;
