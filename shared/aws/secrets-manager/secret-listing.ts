import {
  type Filter,
  ListSecretsCommand,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { FleetFilter, ListedSecret, SecretListing } from "../../ports/secret-administration.ts";
import { managerOf } from "./secret-store.ts";
import { translateError } from "../errors/translate-error.ts";
import { defined } from "../../secrets/defined.ts";

/** A `!` at the beginning of a filter's value means "not", so such a value is not sent. */
const filterable = (value: string): boolean => value !== "" && !value.startsWith("!");

/** AWS has no filter for a key with a value: both are asked for, and the pair is looked at here. */
function filtersOf({ search = "", tag }: FleetFilter): Filter[] {
  const filters: Filter[] = [];
  if (filterable(search)) filters.push({ Key: "all", Values: [search] });
  if (tag !== undefined && filterable(tag.key)) filters.push({ Key: "tag-key", Values: [tag.key] });
  if (tag?.value !== undefined && filterable(tag.value)) filters.push({ Key: "tag-value", Values: [tag.value] });
  return filters;
}

/** As ListSecrets splits: at separators, and where capitals begin or end a word. */
const wordBreak = /[\s/_+=.@-]+|(?<=\p{Ll})(?=\p{Lu})|(?=\p{Lu}\p{Ll})/u;
const wordsOf = (text: string): readonly string[] => text.split(wordBreak).map((word) => word.toLowerCase());

/** What AWS found by a description or a tag, or by a longer key or value, is no match here. */
function fits({ search = "", tag }: FleetFilter, { name, tags }: ListedSecret): boolean {
  const words = wordsOf(name);
  const named = wordsOf(search).every((word) => words.some((one) => one.startsWith(word)));
  if (tag === undefined) return named;
  const value = tags.get(tag.key);
  return named && value !== undefined && (tag.value === undefined || value === tag.value);
}

const listed = (entry: SecretListEntry): ListedSecret => ({
  secretArn: entry.ARN ?? "",
  name: entry.Name ?? "",
  rotationEnabled: entry.RotationEnabled ?? false,
  ...managerOf(entry),
  labels: new Map(Object.entries(entry.SecretVersionsToStages ?? {})),
  tags: new Map((entry.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
  ...defined({
    rotationFunctionArn: entry.RotationLambdaARN,
    lastRotatedAt: entry.LastRotatedDate,
    nextRotationAt: entry.NextRotationDate,
    changedAt: entry.LastChangedDate,
    deletedAt: entry.DeletedDate,
    createdAt: entry.CreatedDate,
    accessedOn: entry.LastAccessedDate,
  }),
});

/** ListSecrets by name, those that are scheduled for deletion among them: 100 calls a second in a region. */
export function secretListing(client: SecretsManagerClient): SecretListing {
  return {
    async page(filter, { limit, cursor }, call) {
      const filters = filtersOf(filter);
      const command = new ListSecretsCommand({
        MaxResults: limit,
        NextToken: cursor,
        IncludePlannedDeletion: true,
        SortBy: "name",
        SortOrder: "asc",
        ...(filters.length === 0 ? {} : { Filters: filters }),
      });
      try {
        const { SecretList = [], NextToken } = await client.send(command, { abortSignal: call.signal });
        const secrets = SecretList.map(listed).filter((secret) => fits(filter, secret));
        return { secrets, ...defined({ cursor: NextToken }) };
      } catch (error) {
        throw translateError(error, call, { operation: "ListSecrets", secret: "*" });
      }
    },
  };
}
