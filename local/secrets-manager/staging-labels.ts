import { refusals } from "./messages.ts";
import type { SecretState, SecretVersion } from "./secret.ts";

const mostLabels = 20;

export const holderOf = ({ versions }: SecretState, label: string): SecretVersion | undefined =>
  [...versions.values()].find(({ labels }) => labels.has(label));

export const labelsOf = ({ labels }: SecretVersion): readonly string[] => [...labels].sort();

/** Labels by version, without the versions that have none. */
export const labelledVersions = ({ versions }: SecretState): readonly SecretVersion[] =>
  [...versions.values()].filter(({ labels }) => labels.size > 0);

/** Puts a label, which is on one version at most, on `to`; the version that AWSCURRENT leaves gets AWSPREVIOUS. */
export function moveLabel(state: SecretState, label: string, to: SecretVersion): void {
  const from = holderOf(state, label);
  if (from === to) return;
  from?.labels.delete(label);
  to.labels.add(label);
  if (label === "AWSCURRENT" && from !== undefined) moveLabel(state, "AWSPREVIOUS", from);
}

/** Errors: `LimitExceededException` when the versions would have more than 20 labels between them. */
export function checkLabelCount(state: SecretState, added: Iterable<string>): void {
  const all = new Set(labelledVersions(state).flatMap(({ labels }) => [...labels]));
  for (const label of added) all.add(label);
  if (all.size > mostLabels) throw refusals.tooManyLabels();
}
