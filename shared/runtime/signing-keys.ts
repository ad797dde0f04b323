import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

/** The current key and the one before it, so that a receiver has time to change. Errors: `secret-not-found`, the store's. */
export async function signingKeys(
  store: SecretStore,
  secretId: string,
  call: CallOptions,
): Promise<readonly SecretValue[]> {
  const current = await store.read(secretId, { label: "AWSCURRENT" }, call);
  if (current === undefined) throw new RekeyError("secret-not-found", { context: { secret: secretId } });
  const previous = await store.read(secretId, { label: "AWSPREVIOUS" }, call);
  return [current, previous].flatMap((version) => (version === undefined ? [] : [version.value]));
}
