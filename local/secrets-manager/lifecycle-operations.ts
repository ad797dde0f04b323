import type { Members } from "../../shared/answers/members.ts";
import { description, seconds } from "./description.ts";
import {
  contentOf,
  descriptionOf,
  flag,
  kmsKeyIdOf,
  limitedInteger,
  requestedName,
  secretIdOf,
  tokenOf,
  typeOf,
} from "./input.ts";
import { invalidParameter, refusals } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import { removeReplica, replicaRegionsOf, replicate } from "./replication.ts";
import { replicationStatus, type Secret, type SecretContent } from "./secret.ts";
import { newArn } from "./secret-table.ts";
import { storeVersion } from "./store-version.ts";
import { tagsOf } from "./tag-operations.ts";
import { putVersion } from "./versions.ts";

const dayMs = 24 * 3_600_000;

export function lifecycleOperations(backend: Backend): Operations {
  const { table, nowMs, engine, accountId } = backend;

  /** CreateSecret once more, by the same token: the same answer, if it brings the same value. */
  function createdBefore(known: Secret, token: string, content: SecretContent | undefined): Members {
    if (known.deletionMs !== undefined) throw refusals.nameMarkedForDeletion();
    if (content === undefined || !known.state.versions.has(token)) throw refusals.nameTaken(known.name);
    const { version } = putVersion(known, token, content, undefined, nowMs());
    return { ARN: known.arn, Name: known.name, VersionId: version.versionId };
  }

  return {
    CreateSecret(input, { region, principal }) {
      const name = requestedName(input);
      const token = tokenOf(input, "InvalidRequestException");
      const content = contentOf(input);
      const tags = tagsOf(input);
      const kmsKeyId = kmsKeyIdOf(input);
      const type = typeOf(input);
      const regions = replicaRegionsOf(input, region);
      const force = flag(input, "ForceOverwriteReplicaSecret");
      const description = descriptionOf(input);
      const known = table(region).find(name);
      if (known !== undefined) return createdBefore(known, token, content);
      const secret: Secret = {
        arn: newArn(region, accountId, name),
        name,
        region,
        createdMs: nowMs(),
        state: {
          versions: new Map(),
          tags: new Map(tags),
          tagged: tags.length > 0,
          description,
          resourcePolicy: undefined,
          type,
          owningService: principal.awsService === "secretsmanager" ? undefined : principal.awsService,
          changedMs: nowMs(),
        },
        kmsKeyId,
        accessedMs: undefined,
        deletionMs: undefined,
        primary: undefined,
        replicas: new Map(),
        rotation: undefined,
      };
      table(region).add(secret);
      if (content !== undefined) storeVersion(backend, secret, token, content, undefined);
      replicate(backend, secret, regions, force);
      return {
        ARN: secret.arn,
        Name: name,
        VersionId: content === undefined ? undefined : token,
        ReplicationStatus: regions.length === 0 ? undefined : replicationStatus(secret),
      };
    },
    DescribeSecret: (input, { region }) => description(table(region).openAny(secretIdOf(input))),
    UpdateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const content = contentOf(input);
      const description = descriptionOf(input);
      const kmsKeyId = kmsKeyIdOf(input);
      const type = typeOf(input);
      const token = content === undefined ? undefined : tokenOf(input, "InvalidRequestException");
      if (content !== undefined && token !== undefined) storeVersion(backend, secret, token, content, undefined);
      secret.state.description = description ?? secret.state.description;
      secret.kmsKeyId = kmsKeyId ?? secret.kmsKeyId;
      secret.state.type = type ?? secret.state.type;
      secret.state.changedMs = nowMs();
      return { ARN: secret.arn, Name: secret.name, VersionId: token };
    },
    DeleteSecret(input, { region }) {
      const id = secretIdOf(input);
      const force = flag(input, "ForceDeleteWithoutRecovery");
      const days = limitedInteger(input, "RecoveryWindowInDays", { min: 7, max: 30 });
      if (force && days !== undefined) {
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (force && table(region).find(id) === undefined) {
        const arn = id.startsWith("arn:") ? id : newArn(region, accountId, id);
        return { ARN: arn, Name: id, DeletionDate: seconds(nowMs()) };
      }
      const secret = force ? table(region).openAny(id) : table(region).open(id);
      const { arn, name, primary } = secret;
      if (secret.replicas.size > 0) throw refusals.hasReplicas(name, [...secret.replicas.keys()]);
      engine.cancel(secret);
      if (primary !== undefined) {
        removeReplica(backend, primary, region);
        return { ARN: arn, Name: name, DeletionDate: seconds(nowMs()) };
      }
      secret.deletionMs = force ? nowMs() : nowMs() + (days ?? 30) * dayMs;
      if (force) table(region).remove(secret);
      return { ARN: arn, Name: name, DeletionDate: seconds(secret.deletionMs) };
    },
    RestoreSecret(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      if (secret.deletionMs !== undefined) {
        secret.deletionMs = undefined;
        engine.schedule(secret);
      }
      return { ARN: secret.arn, Name: secret.name };
    },
  };
}
