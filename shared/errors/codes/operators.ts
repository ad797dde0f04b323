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
  "member-unusable": intervene(
    "a secret's value does not have what a variable or a file is to get, or cannot stand there",
    "look at the problem in the context, and put the member into the secret, or change the reference or its form",
  ),
  "template-invalid": abort(
    "a template of a file is wrong",
    "look at the line and the problem in the context; docs/how-to/exec.md has the form of templates",
  ),
} as const satisfies Record<string, CodeEntry>;
