import { randomInt } from "node:crypto";
import { flag, integer, invalidParameter, text } from "./input.ts";

const classes = {
  ExcludeUppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ExcludeLowercase: "abcdefghijklmnopqrstuvwxyz",
  ExcludeNumbers: "0123456789",
  ExcludePunctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
} as const;

const pick = (from: string): string => from.charAt(randomInt(from.length));

/** GetRandomPassword: at least one character of every included type, unless that is switched off. */
export function randomPassword(input: Readonly<Record<string, unknown>>): string {
  const length = integer(input, "PasswordLength", { min: 1, max: 4096 }) ?? 32;
  const excluded = text(input, "ExcludeCharacters", { max: 4096 }) ?? "";
  const included = Object.entries(classes)
    .filter(([member]) => flag(input, member) !== true)
    .map(([, characters]) =>
      Array.from(characters)
        .filter((character) => !excluded.includes(character))
        .join(""),
    )
    .concat(flag(input, "IncludeSpace") === true && !excluded.includes(" ") ? [" "] : [])
    .filter((characters) => characters !== "");
  if (included.length === 0) throw invalidParameter("The parameters exclude every character.");
  const required = flag(input, "RequireEachIncludedType") === false ? [] : included.map(pick);
  if (required.length > length)
    throw invalidParameter("The password length is too short for the required types based on your parameters.");
  const alphabet = included.join("");
  const characters = [...required, ...Array.from({ length: length - required.length }, () => pick(alphabet))];
  for (let index = characters.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other] ?? "", characters[index] ?? ""];
  }
  return characters.join("");
}
