import type { FaultCandidate } from "../../local/aws/faults.ts";
import type { Stack } from "../../local/stack.ts";

export interface Kills {
  readonly count: number;
  /** By function. */
  readonly byFunction: ReadonlyMap<string, number>;
  /** Messages that a function had in hand when it was killed, or when its time was over; to Lambda's name of that. */
  readonly messages: ReadonlyMap<string, string>;
  stop(): void;
}

/** Of a function's calls to AWS. */
const share = 0.015;
const longestAfterMs = 60;

const isFunction = ({ principal }: FaultCandidate): boolean => principal.includes(":assumed-role/");

const recordsOf = (event: string): readonly string[] => {
  const { Records = [] }: { Records?: readonly { messageId: string }[] } = JSON.parse(event);
  return Records.map(({ messageId }) => messageId);
};

/**
 * Ends functions at their calls to AWS: before a call took effect, after it did and before its answer, or at some moment
 * soon after, which is where they wait for a database or for Vault.
 */
export function killFunctions({ lambda, aws }: Stack, random: () => number): Kills {
  const byFunction = new Map<string, number>();
  const messages = new Map<string, string>();
  let count = 0;
  lambda.onFailure(({ functionName, event, errorType }) => {
    if (errorType !== "Runtime.ExitError" && errorType !== "Sandbox.Timedout") return;
    if (errorType === "Runtime.ExitError") byFunction.set(functionName, (byFunction.get(functionName) ?? 0) + 1);
    for (const id of recordsOf(event)) messages.set(id, errorType);
  });

  function kill({ accessKeyId = "" }: FaultCandidate): void {
    if (lambda.kill(accessKeyId)) count += 1;
  }
  const isChosen = (candidate: FaultCandidate): boolean => isFunction(candidate) && random() < share / 3;
  const atCall = (candidate: FaultCandidate): boolean => {
    if (!isChosen(candidate)) return false;
    kill(candidate);
    return true;
  };
  const rules = [
    aws.faults.inject({ kind: "refuse", when: atCall }),
    aws.faults.inject({ kind: "cut", when: atCall }),
    aws.faults.inject({
      kind: "delay",
      delayMs: 0,
      when(candidate) {
        if (isChosen(candidate)) setTimeout(() => kill(candidate), random() * longestAfterMs);
        return false;
      },
    }),
  ];
  return {
    get count() {
      return count;
    },
    byFunction,
    messages,
    stop() {
      for (const rule of rules) rule.remove();
    },
  };
}
