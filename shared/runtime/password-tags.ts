import type { Environment } from "./environment.ts";
import { passwordEachKindTag, passwordExcludeTag, passwordLengthTag } from "../tags/tag-names.ts";

/** The character types of GetRandomPassword, by the variable that leaves one out. */
const types = {
  EXCLUDE_UPPERCASE: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  EXCLUDE_LOWERCASE: "abcdefghijklmnopqrstuvwxyz",
  EXCLUDE_NUMBERS: "0123456789",
  EXCLUDE_PUNCTUATION: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
} as const;

const isOn = (text: string | undefined): boolean => /^(?:true|1|y|yes)$/i.test(text ?? "");

/**
 * The password variables of AWS's sample functions (`get_random_password` there), as tags that stand behind the secret's
 * own, so that rekey can take the place of such a function: what it makes, that function could have made. Values other
 * than `true`, `1`, `y` and `yes` are off, as there.
 */
export function passwordTags(environment: Environment): ReadonlyMap<string, string> {
  const length = environment.text("PASSWORD_LENGTH");
  const eachKind = environment.text("REQUIRE_EACH_INCLUDED_TYPE");
  const excluded = [
    environment.text("EXCLUDE_CHARACTERS") ?? "",
    ...Object.entries(types).map(([variable, characters]) => (isOn(environment.text(variable)) ? characters : "")),
  ].join("");
  return new Map([
    ...(length === undefined ? [] : [[passwordLengthTag, length] as const]),
    ...(excluded === "" ? [] : [[passwordExcludeTag, excluded] as const]),
    ...(eachKind === undefined ? [] : [[passwordEachKindTag, String(isOn(eachKind))] as const]),
  ]);
}
