import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore, StoredVersion } from "../ports/secret-store.ts";

/** AWSCURRENT. Errors: `secret-not-found` for a secret without a current value; those of the store. */
export async function readCurrent(
  store: Pick<SecretStore, "read">,
  secretId: string,
  call: CallOptions,
): Promise<StoredVersion> {
  const current = await store.read(secretId, { label: "AWSCURRENT" }, call);
  if (current === undefined)
    throw new RekeyError("secret-not-found", { context: { secret: secretId, label: "AWSCURRENT" } });
  return current;
}
