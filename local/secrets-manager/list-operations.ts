import { AwsError } from "../aws/service.ts";
import { description } from "./description.ts";
import { flag, integer, invalidParameter, text } from "./input.ts";
import type { SecretRecord } from "./secret-record.ts";
import type { Input, Operation, Shared } from "./service.ts";

/** What each filter compares, by prefix and case-sensitively except for descriptions. */
const filtered: Readonly<Record<string, (secret: SecretRecord) => readonly string[]>> = {
  name: ({ name }) => [name],
  description: (secret) => [(secret.description ?? "").toLowerCase()],
  "tag-key": ({ tags }) => [...tags.keys()],
  "tag-value": ({ tags }) => [...tags.values()],
  "primary-region": ({ primaryRegion }) => [primaryRegion ?? ""],
  all: (secret) => [secret.name, secret.description ?? "", ...secret.tags.keys(), ...secret.tags.values()],
};

function matches(secret: SecretRecord, filter: unknown): boolean {
  const { Key: key, Values: values }: Input = typeof filter === "object" && filter !== null ? { ...filter } : {};
  const fields = typeof key === "string" && Object.hasOwn(filtered, key) ? filtered[key] : undefined;
  if (fields === undefined || !Array.isArray(values) || values.length === 0) throw invalidParameter("Invalid filter.");
  return values.map(String).some((value) => {
    const negated = value.startsWith("!");
    const prefix = negated ? value.slice(1) : value;
    return (
      fields(secret).some((item) => item.startsWith(key === "description" ? prefix.toLowerCase() : prefix)) !== negated
    );
  });
}

export function filterSecrets(secrets: readonly SecretRecord[], filters: unknown): readonly SecretRecord[] {
  if (!Array.isArray(filters) || filters.length > 10) throw invalidParameter("Invalid filters.");
  return secrets.filter((secret) => filters.every((filter) => matches(secret, filter)));
}

export function listOperations({ table }: Shared): Readonly<Record<string, Operation>> {
  return {
    ListSecrets(input, { region }) {
      const from = Number(text(input, "NextToken", { min: 1, max: 4096 }) ?? "0");
      if (!Number.isInteger(from)) throw new AwsError("InvalidNextTokenException", "The NextToken value is invalid.");
      const planned = flag(input, "IncludePlannedDeletion") === true;
      const pageSize = integer(input, "MaxResults", { min: 1, max: 100 }) ?? 100;
      const visible = table(region)
        .all()
        .filter((secret) => planned || secret.deletionMs === undefined);
      const found = filterSecrets(visible, input["Filters"] ?? []);
      const page = found.slice(from, from + pageSize).map((secret) => {
        const { VersionIdsToStages, ...rest } = description(secret);
        return VersionIdsToStages === undefined ? rest : { ...rest, SecretVersionsToStages: VersionIdsToStages };
      });
      return { SecretList: page, ...(from + pageSize < found.length ? { NextToken: String(from + pageSize) } : {}) };
    },
  };
}
