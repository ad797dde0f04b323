import { memberAt } from "../../../answers/member-at.ts";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { VaultClient } from "../../../vault/vault-client.ts";
import type { SourceCall } from "../secret-source.ts";

/** The error itself, or `vault-uninitialized`: Vault says "sealed" of both, and tells everybody which it is at a path of its own. */
export async function sealedOrUninitialized(error: unknown, send: VaultClient, call: SourceCall): Promise<unknown> {
  if (!(error instanceof RekeyError) || error.code !== "vault-sealed") return error;
  try {
    const { body } = await send({ verb: "read", path: "sys/init" }, call);
    if (memberAt(body, "initialized") === false)
      return new RekeyError("vault-uninitialized", { context: error.context });
  } catch {
    // Sealed is what is known.
  }
  return error;
}
