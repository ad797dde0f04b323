import { createHash } from "node:crypto";

/** So often Lambda runs a function in one chain of messages before it takes the chain for a loop without an end. */
export const longestChain = 16;

const idOf = (functionArn: string): string => createHash("sha256").update(functionArn).digest("hex").slice(0, 8);

function countsOf(traceHeader = ""): Map<string, number> {
  const [, lineage = ""] = /(?:^|;)Lineage=([^;]*)/u.exec(traceHeader) ?? [];
  const pairs = lineage.split("|").map((pair) => pair.split(":"));
  return new Map(pairs.map(([id = "", count]): [string, number] => [id, Number(count)]).filter(([id]) => id !== ""));
}

/** How often a function ran so far in the chain that a trace header tells of. */
export const runsOf = (functionArn: string, traceHeader: string | undefined): number =>
  countsOf(traceHeader).get(idOf(functionArn)) ?? 0;

/** The trace header of one more run, which the AWS SDK sends along with what the function asks of other services. */
export function oneMoreRun(functionArn: string, traceHeader: string | undefined): string {
  const counts = countsOf(traceHeader);
  counts.set(idOf(functionArn), (counts.get(idOf(functionArn)) ?? 0) + 1);
  const lineage = [...counts].map(([id, count]) => `${id}:${count}`).join("|");
  const [, root = `1-00000000-${"0".repeat(24)}`] = /(?:^|;)Root=([^;]*)/u.exec(traceHeader ?? "") ?? [];
  return `Root=${root};Parent=${"0".repeat(16)};Sampled=0;Lineage=${lineage}`;
}
