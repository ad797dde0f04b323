import { randomInt } from "node:crypto";
import type { Members } from "../../shared/answers/members.ts";
import { flag, limitedInteger, limitedText } from "./input.ts";
import { invalidParameter } from "./messages.ts";

const classes = {
  ExcludeUppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ExcludeLowercase: "abcdefghijklmnopqrstuvwxyz",
  ExcludeNumbers: "0123456789",
  ExcludePunctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
} as const;

const pick = (from: string): string => from.charAt(randomInt(from.length));

function shuffle(characters: string[]): void {
  for (let index = characters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other] ?? "", characters[index] ?? ""];
  }
}

/**
 * GetRandomPassword: 32 characters by default, at least one of every included type unless that is switched off. Errors:
 * `InvalidParameterException` when it is too short for that, or nothing is left to choose from.
 */
export function randomPassword(input: Members): string {
  const length = limitedInteger(input, "PasswordLength", { min: 1, max: 4096 }) ?? 32;
  const excluded = limitedText(input, "ExcludeCharacters", { max: 4096 }) ?? "";
  const without = (characters: string): string =>
    Array.from(characters, (one) => (excluded.includes(one) ? "" : one)).join("");
  const included = Object.entries(classes)
    .filter(([member]) => !flag(input, member))
    .map(([, characters]) => without(characters))
    .concat(flag(input, "IncludeSpace") ? [without(" ")] : [])
    .filter((characters) => characters !== "");
  if (included.length === 0) throw invalidParameter("The parameters exclude every character.");
  const eachType = input["RequireEachIncludedType"] === undefined || flag(input, "RequireEachIncludedType");
  const characters = eachType ? included.map(pick) : [];
  if (characters.length > length) {
    throw invalidParameter("The password length is too short for the required types based on your parameters.");
  }
  const alphabet = included.join("");
  while (characters.length < length) characters.push(pick(alphabet));
  shuffle(characters);
  return characters.join("");
}
