import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationRequest } from "../ports/rotation.ts";
import type { SecretStore, StagingLabel, StoredVersion, VersionSelector } from "../ports/secret-store.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

interface Version {
  value?: SecretValue;
  readonly labels: Set<string>;
  readonly createdAt: Date;
}

/**
 * A `SecretStore` in memory with Secrets Manager's rules for versions and staging labels, for one secret; others, such as
 * an admin's, can only be read.
 */
export interface MemoryStore extends SecretStore {
  readonly secretId: string;
  readonly tags: Map<string, string>;
  readonly others: Map<string, Partial<Record<StagingLabel, SecretValue>>>;
  /** What RotateSecret does first: an AWSPENDING version without a value. */
  beginRotation(versionId: string): void;
  /** A plain PutSecretValue: becomes AWSCURRENT, and takes AWSPENDING away from an unfinished rotation. */
  putByHand(versionId: string, value: SecretValue): void;
  cancelRotation(): void;
  labelled(label: string): StoredVersion | undefined;
  versionIdOf(label: string): string | undefined;
  /** Every version with a value, labelled or not. */
  stored(): readonly StoredVersion[];
}

export function memoryStore(secretId: string, initial: SecretValue): MemoryStore {
  const versions = new Map<string, Version>();
  const tags = new Map<string, string>();
  const others: MemoryStore["others"] = new Map();
  let rotationEnabled = true;

  const holder = (label: string): [string, Version] | undefined =>
    [...versions].find(([, { labels }]) => labels.has(label));
  const versionOf = (versionId: string): Version => {
    const known = versions.get(versionId) ?? {
      labels: new Set<string>(),
      createdAt: new Date(Date.now() - 1_000 + versions.size),
    };
    versions.set(versionId, known);
    return known;
  };
  const move = (label: string, versionId: string): void => {
    holder(label)?.[1].labels.delete(label);
    versionOf(versionId).labels.add(label);
  };
  const makeCurrent = (versionId: string): void => {
    const left = holder("AWSCURRENT")?.[0];
    if (left === versionId) return;
    move("AWSCURRENT", versionId);
    if (left !== undefined) move("AWSPREVIOUS", left);
  };
  const find = ({ label, versionId }: VersionSelector): StoredVersion | undefined => {
    const id = versionId ?? (label === undefined ? undefined : holder(label)?.[0]);
    const version = id === undefined ? undefined : versions.get(id);
    if (id === undefined || version?.value === undefined) return undefined;
    if (label !== undefined && !version.labels.has(label)) return undefined;
    return { versionId: id, value: version.value, createdAt: version.createdAt };
  };
  const own = (id: string): void => {
    if (id !== secretId) throw new RekeyError("secret-not-found", { context: { secret: id } });
  };

  const store: MemoryStore = {
    secretId,
    tags,
    others,
    async describe(id) {
      own(id);
      const labels = new Map(
        [...versions].filter(([, v]) => v.labels.size > 0).map(([v, { labels }]) => [v, [...labels]]),
      );
      return { secretArn: secretId, name: secretId, rotationEnabled, labels, tags };
    },
    async read(id, at) {
      const other = others.get(id);
      if (other !== undefined) {
        const value = at.label === undefined ? undefined : other[at.label];
        return value === undefined ? undefined : { versionId: `${id} ${at.label}`, value, createdAt: new Date(0) };
      }
      own(id);
      return find(at);
    },
    async unlabelled(id, limit) {
      own(id);
      const ids = [...versions]
        .filter(([, { labels }]) => ![...labels].some((label) => label.startsWith("AWS")))
        .map(([versionId]) => versionId);
      return ids
        .reverse()
        .map((versionId) => find({ versionId }))
        .filter((version) => version !== undefined)
        .slice(0, limit);
    },
    async putPending({ secretId: id, versionId }: RotationRequest, value) {
      own(id);
      const version = versionOf(versionId);
      if (version.value !== undefined && !version.value.equals(value)) {
        throw new RekeyError("version-conflict", { context: { version: versionId } });
      }
      version.value = value;
      move("AWSPENDING", versionId);
    },
    async promote({ secretId: id, versionId }, { from }) {
      own(id);
      const current = holder("AWSCURRENT")?.[0];
      if (current !== versionId && current !== from)
        throw new RekeyError("store-rejected", { context: { version: versionId } });
      makeCurrent(versionId);
    },
    async mark({ secretId: id, versionId }, label) {
      own(id);
      move(label, versionId);
    },
    async clearPending({ secretId: id, versionId }) {
      own(id);
      versions.get(versionId)?.labels.delete("AWSPENDING");
    },
    beginRotation(versionId) {
      rotationEnabled = true;
      move("AWSPENDING", versionId);
    },
    putByHand(versionId, value) {
      holder("AWSPENDING")?.[1].labels.delete("AWSPENDING");
      versionOf(versionId).value = value;
      makeCurrent(versionId);
    },
    cancelRotation() {
      rotationEnabled = false;
    },
    labelled: (label) => {
      const versionId = holder(label)?.[0];
      return versionId === undefined ? undefined : find({ versionId });
    },
    versionIdOf: (label) => holder(label)?.[0],
    stored: () =>
      [...versions.keys()].map((versionId) => find({ versionId })).filter((version) => version !== undefined),
  };
  store.putByHand("v0", initial);
  return store;
}
