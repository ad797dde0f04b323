import { AwsError } from "../aws/service.ts";

type Input = Readonly<Record<string, unknown>>;

const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterException", message);
const validation = (message: string): AwsError => new AwsError("ValidationException", message);

const badName =
  "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";

/** Members of a request, checked against the service model's types and limits. */
export function text(
  input: Input,
  member: string,
  limit: { readonly min?: number; readonly max: number },
): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new AwsError("SerializationException", `${member} is not a string`);
  if (value.length < (limit.min ?? 0) || value.length > limit.max) {
    throw validation(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: length from ${limit.min ?? 0} to ${limit.max}`,
    );
  }
  return value;
}

export function flag(input: Input, member: string): boolean | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw new AwsError("SerializationException", `${member} is not a boolean`);
  return value;
}

export function integer(
  input: Input,
  member: string,
  limit: { readonly min: number; readonly max: number },
): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw new AwsError("SerializationException", `${member} is not an integer`);
  if (value < limit.min || value > limit.max)
    throw invalidParameter(`${member} must be from ${limit.min} to ${limit.max}.`);
  return value;
}

/** The SecretId of a request: a name, a full ARN, or an ARN without its suffix. */
export function secretIdOf(input: Input): string {
  const id = text(input, "SecretId", { min: 1, max: 2048 });
  if (id === undefined) throw validation("1 validation error detected: Value at 'secretId' must not be null");
  if (!/^[A-Za-z0-9/_+=.@!:-]+$/.test(id)) throw validation(badName);
  return id;
}

export function nameOf(input: Input): string {
  const name = text(input, "Name", { min: 1, max: 512 });
  if (name === undefined || !/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) throw validation(badName);
  return name;
}

/** The SDKs fill it in; a raw request must bring it. */
export function tokenOf(input: Input, missing: "InvalidRequestException" | "InvalidParameterException"): string {
  const token = text(input, "ClientRequestToken", { min: 32, max: 64 });
  if (token === undefined) {
    throw new AwsError(missing, "You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  return token;
}

export type Content = { readonly SecretString: string } | { readonly SecretBinary: string };

export function contentOf(input: Input): Content | undefined {
  const SecretString = text(input, "SecretString", { min: 1, max: 65_536 });
  const SecretBinary = text(input, "SecretBinary", { min: 1, max: 87_384 });
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (SecretString !== undefined) return { SecretString };
  if (SecretBinary === undefined) return undefined;
  if (Buffer.from(SecretBinary, "base64").length > 65_536) throw validation("SecretBinary is longer than 65536 bytes");
  return { SecretBinary };
}

export function stagesOf(input: Input): readonly string[] | undefined {
  const value = input["VersionStages"];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length < 1 || value.length > 20)
    throw validation("VersionStages takes 1 to 20 labels");
  return value.map((label: unknown) => {
    if (typeof label !== "string" || label.length < 1 || label.length > 256)
      throw validation("a label has 1 to 256 characters");
    return label;
  });
}

export function tagsOf(input: Input): readonly (readonly [string, string])[] {
  const value = input["Tags"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new AwsError("SerializationException", "Tags is not a list");
  return value.map((tag: unknown): [string, string] => {
    const key: unknown = typeof tag === "object" && tag !== null ? Reflect.get(tag, "Key") : undefined;
    const content: unknown = typeof tag === "object" && tag !== null ? Reflect.get(tag, "Value") : undefined;
    if (typeof key !== "string" || key.length < 1 || key.length > 128)
      throw validation("a tag's key has 1 to 128 characters");
    return [key, typeof content === "string" ? content : ""];
  });
}

export { invalidParameter, validation };
