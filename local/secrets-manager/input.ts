import type { Members } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import { invalidParameter, refusals } from "./messages.ts";
import type { SecretContent } from "./secret.ts";

interface Length {
  readonly min?: number;
  readonly max: number;
}

export const checkLength = (member: string, length: number, { min = 0, max }: Length): void => {
  if (length < min) throw refusals.constraint(member, `have length greater than or equal to ${min}`);
  if (length > max) throw refusals.constraint(member, `have length less than or equal to ${max}`);
};

/** A text within the service model's limits. Errors: `SerializationException`, `ValidationException`. */
export function limitedText(input: Members, member: string, length: Length): string | undefined {
  const value = optionalText(input, member);
  if (value !== undefined) checkLength(member, value.length, length);
  return value;
}

export function requiredText(input: Members, member: string, length: Length): string {
  const value = limitedText(input, member, length);
  if (value === undefined) throw refusals.constraint(member, "not be null");
  return value;
}

export function flag(input: Members, member: string): boolean {
  const value = input[member] ?? false;
  if (typeof value !== "boolean") throw new AwsError("SerializationException", `${member} is not a boolean`);
  return value;
}

export function limitedInteger(
  input: Members,
  member: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const value = optionalInteger(input, member);
  if (value !== undefined && (value < min || value > max)) {
    throw invalidParameter(`${member} must be between ${min} and ${max}.`);
  }
  return value;
}

/** A list, `undefined` where it is not given. */
export function limitedList(input: Members, member: string, length: Length): readonly unknown[] | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new AwsError("SerializationException", `${member} is not a list`);
  checkLength(member, value.length, length);
  return value;
}

export const asText = (member: string, value: unknown, length: Length): string =>
  requiredText({ [member]: value }, member, length);

/** The SecretId of a request: a name, a full ARN, or an ARN without its suffix. */
export function secretIdOf(input: Members): string {
  const id = requiredText(input, "SecretId", { min: 1, max: 2048 });
  if (!/^[\w/+=.@!:-]+$/u.test(id)) throw refusals.invalidName();
  return id;
}

export function requestedName(input: Members): string {
  const name = requiredText(input, "Name", { min: 1, max: 512 });
  if (!/^[\w/+=.@!-]+$/u.test(name)) throw refusals.invalidName();
  return name;
}

/** Names a version. SDKs fill it in; a raw request must bring it. */
export function tokenOf(input: Members, ifMissing: "InvalidRequestException" | "InvalidParameterException"): string {
  const token = limitedText(input, "ClientRequestToken", { min: 32, max: 64 });
  if (token === undefined) throw refusals.tokenMissing(ifMissing);
  return token;
}

const largestValue = 65_536;

/** The value in the request, if it brings one. */
export function contentOf(input: Members): SecretContent | undefined {
  const text = limitedText(input, "SecretString", { min: 1, max: largestValue });
  const base64 = optionalText(input, "SecretBinary");
  if (text !== undefined && base64 !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (text !== undefined) return { SecretString: text };
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, "base64");
  checkLength("SecretBinary", bytes.length, { min: 1, max: largestValue });
  return { SecretBinary: bytes.toString("base64") };
}

export const descriptionOf = (input: Members): string | undefined => limitedText(input, "Description", { max: 2048 });
export const kmsKeyIdOf = (input: Members): string | undefined => limitedText(input, "KmsKeyId", { max: 2048 });
/** The partner's name for what a managed external secret holds. */
export const typeOf = (input: Members): string | undefined => limitedText(input, "Type", { max: 256 }) || undefined;
