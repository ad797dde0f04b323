import { AwsError } from "../aws/service.ts";
import {
  contentOf,
  flag,
  integer,
  invalidParameter,
  secretIdOf,
  stagesOf,
  text,
  tokenOf,
  validation,
} from "./input.ts";
import { filterSecrets } from "./list-operations.ts";
import { holderOf, labelsOf, moveLabel, putVersion, type SecretRecord, type SecretVersion } from "./secret-record.ts";
import type { Input, Operation, Shared } from "./service.ts";

const valueNotFound = (what: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`);

function findVersion(
  secret: SecretRecord,
  input: Input,
): SecretVersion & { readonly content: NonNullable<SecretVersion["content"]> } {
  const versionId = text(input, "VersionId", { min: 32, max: 64 });
  const stage = text(input, "VersionStage", { min: 1, max: 256 });
  const label = stage ?? "AWSCURRENT";
  const version = versionId === undefined ? holderOf(secret, label) : secret.versions.get(versionId);
  const what = versionId === undefined ? `staging label: ${label}` : `VersionId: ${versionId}`;
  if (version === undefined) throw valueNotFound(what);
  if (versionId !== undefined && stage !== undefined && !version.labels.has(stage)) {
    throw new AwsError(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  }
  if (version.content === undefined) throw valueNotFound(what);
  return { ...version, content: version.content };
}

export function versionOperations({ table, nowMs, engine, labelMoved }: Shared): Readonly<Record<string, Operation>> {
  const checkRotationToken = (secret: SecretRecord, input: Input): void => {
    const token = text(input, "RotationToken", { min: 36, max: 256 });
    if (token !== undefined && !engine.issued(secret, token)) throw invalidParameter("The RotationToken is not valid.");
  };
  const valueOf = (secret: SecretRecord, input: Input): Input => {
    const version = findVersion(secret, input);
    secret.accessedMs = nowMs();
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.versionId,
      ...version.content,
      VersionStages: labelsOf(version),
      CreatedDate: version.createdMs / 1000,
    };
  };
  return {
    GetSecretValue: (input, { region }) => valueOf(table(region).open(secretIdOf(input)), input),
    BatchGetSecretValue(input, { region }) {
      const { SecretIdList: ids, Filters: filters } = input;
      if ((ids === undefined) === (filters === undefined))
        throw invalidParameter("Either SecretIdList or Filters must be given.");
      if (Array.isArray(ids) && (ids.length < 1 || ids.length > 20)) throw validation("SecretIdList takes 1 to 20 ids");
      const wanted = Array.isArray(ids)
        ? ids.map(String)
        : filterSecrets(table(region).all(), filters).map(({ arn }) => arn);
      const values: Input[] = [];
      const errors: Input[] = [];
      for (const id of wanted.slice(0, 20)) {
        try {
          values.push(valueOf(table(region).open(id), {}));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          errors.push({ SecretId: id, ErrorCode: error.type, Message: error.message });
        }
      }
      return { SecretValues: values, Errors: errors };
    },
    PutSecretValue(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const token = tokenOf(input, "InvalidRequestException");
      const content = contentOf(input);
      const stages = stagesOf(input);
      checkRotationToken(secret, input);
      if (content === undefined) throw invalidParameter("You must provide either SecretString or SecretBinary.");
      const before = holderOf(secret, "AWSCURRENT");
      const version = putVersion(secret, token, content, stages, nowMs());
      for (const label of stages ?? ["AWSCURRENT"])
        if (label !== "AWSCURRENT" || before !== version) labelMoved(secret, label, token);
      if (before !== undefined && before !== holderOf(secret, "AWSCURRENT")) engine.schedule(secret);
      return { ARN: secret.arn, Name: secret.name, VersionId: version.versionId, VersionStages: labelsOf(version) };
    },
    UpdateSecretVersionStage(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const label = text(input, "VersionStage", { min: 1, max: 256 });
      const to = text(input, "MoveToVersionId", { min: 32, max: 64 });
      const from = text(input, "RemoveFromVersionId", { min: 32, max: 64 });
      if (label === undefined || (to === undefined && from === undefined))
        throw invalidParameter("The request names no version.");
      checkRotationToken(secret, input);
      const holder = holderOf(secret, label);
      if (holder !== undefined && holder.versionId !== to && from === undefined) {
        throw invalidParameter(
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.versionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
      if (from !== undefined && holder?.versionId !== from) {
        throw invalidParameter(`Staging label ${label} is not attached to version ${from}.`);
      }
      const answer = { ARN: secret.arn, Name: secret.name };
      if (to === undefined) {
        if (label === "AWSCURRENT")
          throw invalidParameter(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
          );
        holder?.labels.delete(label);
        return answer;
      }
      const target = secret.versions.get(to);
      if (target === undefined) throw valueNotFound(`VersionId: ${to}`);
      moveLabel(secret, label, target);
      secret.changedMs = nowMs();
      if (holder !== target) labelMoved(secret, label, to);
      return answer;
    },
    ListSecretVersionIds(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      integer(input, "MaxResults", { min: 1, max: 100 });
      const all = flag(input, "IncludeDeprecated") === true;
      const versions = [...secret.versions.values()].filter(({ labels }) => all || labels.size > 0);
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: versions.map((version) => ({
          VersionId: version.versionId,
          ...(version.labels.size === 0 ? {} : { VersionStages: labelsOf(version) }),
          CreatedDate: version.createdMs / 1000,
          KmsKeyIds: ["DefaultEncryptionKey"],
        })),
      };
    },
  };
}
