import type { Members } from "../../shared/answers/members.ts";
import { recordList, textList } from "../aws/members.ts";
import { checkLength, flag, kmsKeyIdOf, requiredText, secretIdOf } from "./input.ts";
import { invalidParameter, refusals } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import { replicationStatus, type Secret } from "./secret.ts";

const regionPattern = /^(?:[a-z]+-)+\d+$/u;

function regionOf(value: string): string {
  if (!regionPattern.test(value))
    throw refusals.constraint("region", `satisfy regular expression pattern: ${regionPattern.source}`);
  return value;
}

const arnIn = (arn: string, region: string): string => arn.split(":").with(3, region).join(":");

/** AddReplicaRegions of a request. Errors: `InvalidParameterException` for the primary's own region. */
export const replicaRegionsOf = (input: Members, primaryRegion: string): readonly Members[] =>
  recordList(input, "AddReplicaRegions").map((item) => {
    const region = regionOf(requiredText(item, "Region", { min: 1, max: 128 }));
    if (region === primaryRegion) throw invalidParameter(`Invalid replica region: ${region} is the primary region.`);
    return { Region: region, KmsKeyId: kmsKeyIdOf(item) };
  });

/** A replica is read-only and follows its primary. A region that already has a secret of this name fails, unless forced. */
export function replicate(backend: Backend, secret: Secret, regions: readonly Members[], force: boolean): void {
  for (const item of regions) {
    const region = requiredText(item, "Region", { max: 128 });
    const kmsKeyId = kmsKeyIdOf(item);
    const table = backend.table(region);
    const known = table.find(secret.name);
    if (known !== undefined && known.primary !== secret && !force) {
      const failure = `Replication failed: Secret with this name already exists in this region`;
      secret.replicas.set(region, { kmsKeyId, failure });
      continue;
    }
    table.add({
      arn: arnIn(secret.arn, region),
      name: secret.name,
      region,
      createdMs: backend.nowMs(),
      state: secret.state,
      kmsKeyId,
      accessedMs: undefined,
      deletionMs: undefined,
      primary: secret,
      replicas: new Map(),
      rotation: undefined,
    });
    secret.replicas.set(region, { kmsKeyId, failure: undefined });
  }
}

/** Makes a replica lag: it stays as it is until it is let go. Returns what lets it go. */
export function holdReplica(backend: Backend, secret: Secret, region: string): () => void {
  const replica = backend.table(region).find(secret.name);
  const settings = secret.replicas.get(region);
  if (replica?.primary !== secret || settings === undefined)
    throw new RangeError(`no replica of ${secret.arn} in ${region}`);
  replica.state = structuredClone(secret.state);
  secret.replicas.set(region, { ...settings, isHeld: true });
  return () => {
    replica.state = secret.state;
    secret.replicas.set(region, settings);
  };
}

/** Removes the replica, not a secret of the same name that merely stood in its way. */
export function removeReplica(backend: Backend, secret: Secret, region: string): void {
  secret.replicas.delete(region);
  const replica = backend.table(region).find(secret.name);
  if (replica?.primary === secret) backend.table(region).remove(replica);
}

export function replicationOperations(backend: Backend): Operations {
  const answer = (secret: Secret): Members => ({ ARN: secret.arn, ReplicationStatus: replicationStatus(secret) });
  return {
    ReplicateSecretToRegions(input, { region }) {
      const secret = backend.table(region).openPrimary(secretIdOf(input));
      const regions = replicaRegionsOf(input, region);
      checkLength("AddReplicaRegions", regions.length, { min: 1, max: 100 });
      replicate(backend, secret, regions, flag(input, "ForceOverwriteReplicaSecret"));
      return answer(secret);
    },
    RemoveRegionsFromReplication(input, { region }) {
      const secret = backend.table(region).openPrimary(secretIdOf(input));
      const regions = textList(input, "RemoveReplicaRegions").map(regionOf);
      checkLength("RemoveReplicaRegions", regions.length, { min: 1, max: 100 });
      for (const replicaRegion of regions) removeReplica(backend, secret, replicaRegion);
      return answer(secret);
    },
    StopReplicationToReplica(input, { region }) {
      const replica = backend.table(region).open(secretIdOf(input));
      if (replica.primary === undefined) throw refusals.notReplica();
      replica.primary.replicas.delete(region);
      replica.primary = undefined;
      replica.state = structuredClone(replica.state);
      return { ARN: replica.arn };
    },
  };
}
