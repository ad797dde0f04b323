import { type Fields, parseFields, requiredTexts, textOf } from "./secret-fields.ts";
import type { SecretValue } from "./secret-value.ts";

const accessKey = ["AccessKeyId", "SecretAccessKey"] as const;
const isAccessKey = (fields: Fields): boolean => "AccessKeyId" in fields && !("username" in fields);

/** The members that hold a secret's credential: those of a login, or of an access key as IAM's CreateAccessKey answers it. */
export const credentialMembers = (fields: Fields): readonly [username: string, password: string] =>
  isAccessKey(fields) ? accessKey : ["username", "password"];

/** A secret's members, with those of an access key also under the names that a login has. Errors: `secret-malformed`, `secret-binary`. */
export function loginFields(value: SecretValue): Fields {
  const fields = parseFields(value);
  if (!isAccessKey(fields)) return fields;
  const { AccessKeyId: username, SecretAccessKey: password } = requiredTexts(fields, accessKey);
  return { engine: "iam-access-key", host: "iam.amazonaws.com", ...fields, username, password };
}

/** The IAM user whose access key it is. */
export const accountOf = (fields: Fields): string | undefined =>
  "AccessKeyId" in fields ? textOf(fields, "UserName") : undefined;
