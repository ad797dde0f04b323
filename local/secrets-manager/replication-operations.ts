import { invalidParameter, secretIdOf } from "./input.ts";
import type { SecretRecord } from "./secret-record.ts";
import type { Input, Operation, Shared } from "./service.ts";

export const replicationStatus = ({ replicaRegions }: SecretRecord): readonly Input[] =>
  [...replicaRegions].map((Region) => ({ Region, Status: "InSync" }));

const regionArn = (arn: string, region: string): string =>
  arn.replace(/^(arn:aws:secretsmanager:)[^:]+/, `$1${region}`);

/** Replicas share the primary's versions and tags at once, and are read-only until they are promoted. */
export function replicationOperations({ table }: Shared): Readonly<Record<string, Operation>> {
  const answer = (secret: SecretRecord): Input => ({ ARN: secret.arn, ReplicationStatus: replicationStatus(secret) });
  return {
    ReplicateSecretToRegions(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const added = input["AddReplicaRegions"];
      if (!Array.isArray(added) || added.length === 0) throw invalidParameter("AddReplicaRegions is missing.");
      for (const item of added) {
        const target: unknown = typeof item === "object" && item !== null ? Reflect.get(item, "Region") : undefined;
        if (typeof target !== "string" || target === region) throw invalidParameter("Invalid replica region.");
        if (table(target).find(secret.name) !== undefined)
          throw invalidParameter("Secret with this name already exists in this region");
        table(target).add({
          ...secret,
          arn: regionArn(secret.arn, target),
          replicaRegions: new Set(),
          primaryRegion: region,
        });
        secret.replicaRegions.add(target);
      }
      return answer(secret);
    },
    RemoveRegionsFromReplication(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const removed = input["RemoveReplicaRegions"];
      if (!Array.isArray(removed)) throw invalidParameter("RemoveReplicaRegions is missing.");
      for (const target of removed.map(String)) {
        const replica = secret.replicaRegions.delete(target) ? table(target).find(secret.name) : undefined;
        if (replica !== undefined) table(target).remove(replica);
      }
      return answer(secret);
    },
    StopReplicationToReplica(input, { region }) {
      const replica = table(region).open(secretIdOf(input));
      const { primaryRegion } = replica;
      if (primaryRegion === undefined) throw invalidParameter("The secret is not a replica.");
      table(primaryRegion).find(replica.name)?.replicaRegions.delete(region);
      const versions = new Map(
        [...replica.versions].map(([id, version]) => [id, { ...version, labels: new Set(version.labels) }]),
      );
      const { primaryRegion: _promoted, ...own } = replica;
      table(region).add({ ...own, versions, tags: new Map(replica.tags) });
      return { ARN: replica.arn };
    },
  };
}
