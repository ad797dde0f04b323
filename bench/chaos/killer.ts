import type { FaultCandidate } from "../../local/aws/faults.ts";
import type { Stack } from "../../local/stack.ts";

export interface Kills {
  readonly count: number;
  /** By function. */
  readonly byFunction: ReadonlyMap<string, number>;
  /** Ids of the messages that functions had in hand when they were killed. */
  readonly messages: ReadonlySet<string>;
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
  const messages = new Set<string>();
  let count = 0;

  function kill({ accessKeyId = "" }: FaultCandidate): void {
    const killed = lambda.kill(accessKeyId);
    if (killed === undefined) return;
    count += 1;
    byFunction.set(killed.functionName, (byFunction.get(killed.functionName) ?? 0) + 1);
    for (const id of recordsOf(killed.event)) messages.add(id);
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
