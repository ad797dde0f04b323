import { recordList, textList, type Members } from "../aws/members.ts";
import { asText, checkLength, requiredText } from "./input.ts";
import { invalidParameter } from "./messages.ts";
import type { Secret } from "./secret.ts";

type Attributes = (secret: Secret) => readonly string[];

const attributes: Readonly<Record<string, Attributes>> = {
  name: ({ name }) => [name],
  description: ({ state }) => [state.description ?? ""],
  "tag-key": ({ state }) => [...state.tags.keys()],
  "tag-value": ({ state }) => [...state.tags.values()],
  "primary-region": ({ region, primary }) => [primary?.region ?? region],
  "owning-service": () => [],
  all: ({ name, state }) => [name, state.description ?? "", ...state.tags.keys(), ...state.tags.values()],
};
const ignoresCase = new Set(["description", "all"]);
const words = (text: string): readonly string[] => text.split(/[\s/_+=.@-]+/u);

/** By prefix; `all` asks for every word of the value at the beginning of some word of some attribute. */
function holds(key: string, found: readonly string[], value: string): boolean {
  if (key !== "all") return found.some((text) => text.startsWith(value));
  const foundWords = found.flatMap(words);
  return words(value).every((word) => foundWords.some((text) => text.startsWith(word)));
}

function filterOf(filter: Members): (secret: Secret) => boolean {
  const key = requiredText(filter, "Key", { max: 64 });
  const read = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (read === undefined) throw invalidParameter(`The filter key ${key} is not valid.`);
  const values = textList(filter, "Values").map((value) => asText("Values", value, { max: 512 }));
  checkLength("Values", values.length, { min: 1, max: 10 });
  const fold = (text: string): string => (ignoresCase.has(key) ? text.toLowerCase() : text);
  return (secret) => {
    const found = read(secret).map(fold);
    return values.some((value) => {
      const negated = value.startsWith("!");
      return holds(key, found, fold(negated ? value.slice(1) : value)) !== negated;
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
