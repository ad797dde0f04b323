import type { SecretSummary } from "./secret-summary.ts";

/** How a secret is rotated, in words: by whom, where not by rekey's function. By itself, since the console's page takes nothing else. */
export function rotatorText({
  managedBy,
  rotatedByAws,
  strategy,
}: Pick<SecretSummary, "managedBy" | "rotatedByAws" | "strategy">): string | undefined {
  if (rotatedByAws !== undefined) return `rotated by AWS (${rotatedByAws}), delivered by rekey`;
  return managedBy === undefined ? strategy : `owned by ${managedBy}, not rotated`;
}

/** The same where there is little room: `AWS (rds)`. */
export function shortRotatorText({
  managedBy,
  rotatedByAws,
  strategy,
}: Parameters<typeof rotatorText>[0]): string | undefined {
  if (rotatedByAws !== undefined) return `AWS (${rotatedByAws})`;
  return managedBy === undefined ? strategy : `owned: ${managedBy}`;
}
