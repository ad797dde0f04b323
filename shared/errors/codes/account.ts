import type { CodeEntry } from "../code-entry.ts";

/** The account around the secrets: stacks, topics, functions. */
export const accountCodes = {
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
