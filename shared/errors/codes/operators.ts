import type { CodeEntry } from "../code-entry.ts";

/** Codes that operators' commands alone raise, of the account around the secrets. */
export const operatorCodes = {
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
