import type { KeyObject } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SigningAlgorithm } from "../../signing-keys/algorithms.ts";
import { type ReadingClient, versionKeys } from "./read-version.ts";

/** What signs now. It prints nothing of the key. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The private key, or the secret of HMAC, as `node:crypto` and jose take it. */
  readonly key: KeyObject;
}

/**
 * The key to sign with, by the client's cache. Ask for it again for each token. Errors: those of the client's `get`;
 * `secret-malformed` for a secret that has no key yet, or only public ones.
 *
 * @example
 * ```ts
 * import { sign } from "node:crypto";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { signingKey } from "rekey/client/signing-keys";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const { kid, key } = await signingKey(client, "prod/tokens");
 * const signature = sign("sha256", Buffer.from("text"), { key, dsaEncoding: "ieee-p1363" });
 * ```
 */
export async function signingKey(client: ReadingClient, secretId: string): Promise<SigningKey> {
  const { signing } = await versionKeys(client, secretId);
  if (signing?.signer !== undefined) return { kid: signing.kid, alg: signing.alg, key: signing.signer };
  throw new RekeyError("secret-malformed", {
    context: { secret: secretId, problem: "it has public keys only" },
    hint: "read the secret itself to sign; a mirror of its jwks is for those who verify",
  });
}
