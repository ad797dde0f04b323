import { BinaryValue } from "../../secrets/binary-value.ts";
import { SecretValue } from "../../secrets/secret-value.ts";

/** What GetSecretValue or BatchGetSecretValue gives of a version; `undefined`: it has no value. */
export function secretContent(
  {
    SecretString,
    SecretBinary,
  }: { readonly SecretString?: string | undefined; readonly SecretBinary?: Uint8Array | undefined },
  secretId: string,
): SecretValue | undefined {
  if (SecretString !== undefined) return new SecretValue(SecretString);
  return SecretBinary === undefined ? undefined : new BinaryValue(SecretBinary, secretId);
}
