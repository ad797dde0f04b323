import { AwsError } from "../aws/service.ts";
import { contentOf, flag, integer, invalidParameter, nameOf, secretIdOf, tagsOf, text, tokenOf } from "./input.ts";
import { defined, description, seconds } from "./description.ts";
import { arnSuffix, holderOf, putVersion, type SecretRecord } from "./secret-record.ts";
import type { Input, Operation, Shared } from "./service.ts";

const dayMs = 24 * 3_600_000;

export function lifecycleOperations({
  table,
  nowMs,
  accountId,
  engine,
  labelMoved,
}: Shared): Readonly<Record<string, Operation>> {
  const put = (secret: SecretRecord, token: string, input: Input): string | undefined => {
    const content = contentOf(input);
    if (content === undefined) return undefined;
    const before = holderOf(secret, "AWSCURRENT");
    const version = putVersion(secret, token, content, undefined, nowMs());
    if (before !== version) labelMoved(secret, "AWSCURRENT", version.versionId);
    engine.schedule(secret);
    return version.versionId;
  };
  return {
    CreateSecret(input, { region }) {
      const name = nameOf(input);
      const token = tokenOf(input, "InvalidRequestException");
      const content = contentOf(input);
      const known = table(region).find(name);
      if (known !== undefined) {
        if (known.deletionMs !== undefined) {
          throw new AwsError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
          );
        }
        if (!known.versions.has(token) || content === undefined) {
          throw new AwsError(
            "ResourceExistsException",
            `The operation failed because the secret ${name} already exists.`,
          );
        }
        return {
          ARN: known.arn,
          Name: name,
          VersionId: putVersion(known, token, content, undefined, nowMs()).versionId,
        };
      }
      const description = text(input, "Description", { max: 2048 });
      const kmsKeyId = text(input, "KmsKeyId", { max: 2048 });
      const secret: SecretRecord = {
        arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${arnSuffix()}`,
        name,
        createdMs: nowMs(),
        changedMs: nowMs(),
        versions: new Map(),
        tags: new Map(tagsOf(input)),
        tagged: tagsOf(input).length > 0,
        replicaRegions: new Set(),
        ...(description === undefined ? {} : { description }),
        ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      };
      table(region).add(secret);
      return defined({ ARN: secret.arn, Name: name, VersionId: put(secret, token, input) });
    },
    DescribeSecret: (input, { region }) => description(table(region).openAny(secretIdOf(input))),
    UpdateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const content = contentOf(input);
      const versionId =
        content === undefined ? undefined : put(secret, tokenOf(input, "InvalidRequestException"), input);
      const description = text(input, "Description", { max: 2048 });
      const kmsKeyId = text(input, "KmsKeyId", { max: 2048 });
      if (description !== undefined) secret.description = description;
      if (kmsKeyId !== undefined) secret.kmsKeyId = kmsKeyId;
      secret.changedMs = nowMs();
      return defined({ ARN: secret.arn, Name: secret.name, VersionId: versionId });
    },
    DeleteSecret(input, { region }) {
      const id = secretIdOf(input);
      const force = flag(input, "ForceDeleteWithoutRecovery") === true;
      const days = integer(input, "RecoveryWindowInDays", { min: 7, max: 30 });
      if (force && days !== undefined) {
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      const secret = table(region).find(id);
      if (secret === undefined && force) return { ARN: id, Name: id, DeletionDate: seconds(nowMs()) };
      const found = force ? table(region).openAny(id) : table(region).openPrimary(id);
      if (found.replicaRegions.size > 0) throw invalidParameter("You can't delete a secret that still has replicas.");
      const deletionMs = force ? nowMs() : nowMs() + (days ?? 30) * dayMs;
      if (force) table(region).remove(found);
      else found.deletionMs = deletionMs;
      return { ARN: found.arn, Name: found.name, DeletionDate: seconds(deletionMs) };
    },
    RestoreSecret(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      delete secret.deletionMs;
      return { ARN: secret.arn, Name: secret.name };
    },
    TagResource(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      for (const [key, value] of tagsOf(input)) secret.tags.set(key, value);
      secret.tagged = true;
      return {};
    },
    UntagResource(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const keys = input["TagKeys"];
      if (!Array.isArray(keys)) throw invalidParameter("TagKeys is missing.");
      for (const key of keys) secret.tags.delete(String(key));
      return {};
    },
  };
}
