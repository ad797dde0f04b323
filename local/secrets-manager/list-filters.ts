import type { Members } from "../../shared/answers/members.ts";
import { recordList, textList } from "../aws/members.ts";
import { checkLength, limitedText } from "./input.ts";
import { invalidParameter, refusals } from "./messages.ts";
import type { Secret } from "./secret.ts";

interface Key {
  readonly read: (secret: Secret) => readonly string[];
  readonly finds: (found: readonly string[], value: string) => boolean;
}

/** Separators, and the change to or from capitals: AppBeta is App and Beta, COMPANYthings is COMPAN and Ythings. */
const wordBreak = /[\s/_+=.@-]+|(?<=\p{Ll})(?=\p{Lu})|(?=\p{Lu}\p{Ll})/u;
const wordsOf = (text: string): readonly string[] =>
  text
    .split(wordBreak)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());

const byPrefix: Key["finds"] = (found, value) => found.some((text) => text.startsWith(value));

/** Each word of the value begins some word of some attribute, in any order and case; a value without a word finds nothing. */
const byWords: Key["finds"] = (found, value) => {
  const words = wordsOf(value);
  const foundWords = found.flatMap(wordsOf);
  return words.length > 0 && words.every((word) => foundWords.some((text) => text.startsWith(word)));
};

const descriptionOf = ({ state }: Secret): string => state.description ?? "";
const tagKeysOf = ({ state }: Secret): readonly string[] => [...state.tags.keys()];
const tagValuesOf = ({ state }: Secret): readonly string[] => [...state.tags.values()];

const keys: ReadonlyMap<string, Key> = new Map<string, Key>([
  ["description", { read: (secret) => [descriptionOf(secret)], finds: byWords }],
  ["name", { read: ({ name }) => [name], finds: byPrefix }],
  ["tag-key", { read: tagKeysOf, finds: byPrefix }],
  ["tag-value", { read: tagValuesOf, finds: byPrefix }],
  ["primary-region", { read: ({ region, primary }) => [primary?.region ?? region], finds: byPrefix }],
  ["owning-service", { read: ({ state }) => [state.owningService ?? []].flat(), finds: byPrefix }],
  [
    "all",
    {
      read: (secret) => [secret.name, descriptionOf(secret), ...tagKeysOf(secret), ...tagValuesOf(secret)],
      finds: byWords,
    },
  ],
]);

const valuePattern = /^!?[\w :@/+=.!-]*$/;

function checkedValue(value: string): string {
  checkLength("filters", value.length, { max: 512 });
  if (valuePattern.test(value)) return value;
  throw refusals.constraint("filters", `satisfy regular expression pattern: ${valuePattern.source}`);
}

function filterOf(filter: Members, index: number): (secret: Secret) => boolean {
  const name = limitedText(filter, "Key", { max: 64 });
  if (name === undefined) throw invalidParameter("Invalid filter key");
  const key = keys.get(name);
  if (key === undefined) throw refusals.filterKey(name, index + 1, [...keys.keys()]);
  const values = textList(filter, "Values").map(checkedValue);
  if (values.length === 0) throw invalidParameter(`Invalid filter values for key: ${name}`);
  checkLength("Values", values.length, { max: 10 });
  return (secret) => {
    const found = key.read(secret);
    return values.some((value) => {
      const negated = value.startsWith("!");
      return key.finds(found, negated ? value.slice(1) : value) !== negated;
    });
  };
}

/**
 * The Filters of ListSecrets and BatchGetSecretValue: each must hold, with any of its values; `!` before a value negates
 * it. Errors: `InvalidParameterException`, `ValidationException`.
 */
export function secretFilter(input: Members): (secret: Secret) => boolean {
  const filters = recordList(input, "Filters").map(filterOf);
  checkLength("Filters", filters.length, { max: 10 });
  return (secret) => filters.every((filter) => filter(secret));
}
