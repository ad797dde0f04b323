import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";

/** Codes that operators' commands alone raise, of the account around the secrets. */
export const operatorCodes = {
  "rollback-refused": abort(
    "AWSPREVIOUS cannot be made current again",
    "rotate the secret again instead, which makes a new credential",
  ),
  "rotation-failed": intervene(
    "the rotation ended without making its version current",
    "look at the log of the rotation function, fix the cause, and rotate again",
  ),
  "records-unavailable": retry(
    "CloudTrail's event history, or the rotation function's log, could not be read",
    "look at the reason in the context; both are only needed to show what happened",
  ),
  "rotated-elsewhere": abort(
    "an AWS service or a partner rotates this secret",
    "leave its rotation to them, or keep the credential in a secret of your own",
  ),
  "aws-refused": abort(
    "a service of AWS did not do what this call asks",
    "look at AWS's own name for it in the context",
  ),
  "stack-failed": intervene(
    "CloudFormation did not make or delete a stack",
    "look at the reason in the context, and at the stack's events",
  ),
} as const satisfies Record<string, CodeEntry>;
