import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { jsonValues } from "../../../shared/secrets/json-text.ts";
import type { SecretValue } from "../../../shared/secrets/secret-value.ts";

/** A secret of the command line, by the name that references have for it. */
export interface NamedSecret {
  readonly name: string;
  readonly secretId: string;
}

/** A member of a secret, or its whole text. */
export interface Reference {
  readonly secretId: string;
  readonly member: string | undefined;
}

/** The text that a reference stands for. `isJson`: a number or boolean of the secret's JSON, which needs no quotes there. */
export interface Referred {
  readonly text: string;
  readonly isJson: boolean;
}

/** The values of all secrets, by id. */
export type Values = ReadonlyMap<string, SecretValue>;

/** `alias=name`, or a name or ARN that is its own. */
export function namedSecret(text: string): NamedSecret {
  const [, alias, secretId] = /^([A-Za-z_]\w*)=(.+)$/su.exec(text) ?? [];
  return alias === undefined || secretId === undefined ? { name: text, secretId: text } : { name: alias, secretId };
}

/** Which secret and member a text names; of several secrets whose names fit, the longest. `undefined`: none. */
export function referenceOf(text: string, secrets: readonly NamedSecret[]): Reference | undefined {
  const whole = secrets.find(({ name }) => name === text);
  if (whole !== undefined) return { secretId: whole.secretId, member: undefined };
  const [longest] = secrets
    .filter(({ name }) => text.startsWith(`${name}.`))
    .toSorted((one, other) => other.name.length - one.name.length);
  if (longest !== undefined) return { secretId: longest.secretId, member: text.slice(longest.name.length + 1) };
  const [only] = secrets;
  return secrets.length === 1 && only !== undefined && text !== ""
    ? { secretId: only.secretId, member: text }
    : undefined;
}

/** What a value lacks, never the value. */
export const unusable = (reference: Reference, problem: string): RekeyError =>
  new RekeyError("member-unusable", { context: { secret: reference.secretId, member: reference.member, problem } });

function isObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

/**
 * Objects and lists are their JSON. Numbers are as the secret has them, whatever their size. Errors: `member-unusable`,
 * `secret-binary`.
 */
export function referred(reference: Reference, values: Values): Referred {
  const text = values.get(reference.secretId)?.reveal() ?? "";
  const found = reference.member === undefined ? { text, isJson: false } : memberOf(reference, reference.member, text);
  if (found.text.includes("\0")) throw unusable(reference, "it has a NUL character");
  return found;
}

function memberOf(reference: Reference, member: string, source: string): Referred {
  if (!isObject(source)) throw unusable(reference, "the secret is not a JSON object");
  const found = jsonValues(source).findLast((value) => value.parent === 0 && value.name === member);
  if (found === undefined) throw unusable(reference, "the secret has no such member");
  if (found.text !== undefined) return { text: found.text, isJson: false };
  const text = source.slice(found.start, found.end);
  if (text === "null") throw unusable(reference, "it is null");
  return { text, isJson: !/^[[{]/u.test(text) };
}
