import { SecretValue } from "../secrets/secret-value.ts";

/** What GetSecretValue or BatchGetSecretValue gives of a version; `undefined`: it has no value. */
export function secretContent(
  {
    SecretString,
    SecretBinary,
  }: { readonly SecretString?: string | undefined; readonly SecretBinary?: Uint8Array | undefined },
  secretId: string,
): SecretValue | undefined {
  const content = SecretString ?? SecretBinary;
  return content === undefined ? undefined : new SecretValue(content, secretId);
}
