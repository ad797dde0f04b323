import type { CodeEntry } from "../code-entry.ts";

/** Codes that operators' commands alone raise, of the account around the secrets. */
export const operatorCodes = {
  "rollback-refused": {
    disposition: "abort",
    meaning: "AWSPREVIOUS cannot be made current again",
    hint: "rotate the secret again instead, which makes a new credential",
  },
  "rotation-failed": {
    disposition: "intervene",
    meaning: "the rotation ended without making its version current",
    hint: "look at the log of the rotation function, fix the cause, and rotate again",
  },
  "records-unavailable": {
    disposition: "retry",
    meaning: "CloudTrail's event history, or the rotation function's log, could not be read",
    hint: "look at the reason in the context; both are only needed to show what happened",
  },
  "rotated-elsewhere": {
    disposition: "abort",
    meaning: "an AWS service or a partner rotates this secret",
    hint: "leave its rotation to them, or keep the credential in a secret of your own",
  },
  "aws-refused": {
    disposition: "abort",
    meaning: "a service of AWS did not do what this call asks",
    hint: "look at AWS's own name for it in the context",
  },
  "stack-failed": {
    disposition: "intervene",
    meaning: "CloudFormation did not make or delete a stack",
    hint: "look at the reason in the context, and at the stack's events",
  },
} as const satisfies Record<string, CodeEntry>;
