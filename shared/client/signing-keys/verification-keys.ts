import type { KeyObject } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SigningAlgorithm } from "../../signing-keys/algorithms.ts";
import { type ReadingClient, type VersionKeys, versionKeys } from "./read-version.ts";

export interface VerificationKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** The public key, or the secret of HMAC, as `node:crypto` and jose take it. */
  readonly key: KeyObject;
}

/** What may verify now: the key that signs, the next one, and those whose tokens may still be alive. */
export interface VerificationKeys {
  readonly keys: readonly VerificationKey[];
  /**
   * The key of a token's protected header, for jose's `jwtVerify`. It goes by `kid` and takes that key's `alg` alone. An
   * unknown `kid` asks nobody: anyone can make one up. Errors: `signing-key-unknown`.
   */
  readonly keyFor: (header: { readonly kid?: unknown; readonly alg?: unknown }) => KeyObject;
}

const made = new WeakMap<VersionKeys, VerificationKeys>();

function verificationKeysOf(secret: string, { verifying }: VersionKeys): VerificationKeys {
  const keys = verifying.map(({ kid, alg, verifier }) => ({ kid, alg, key: verifier }));
  const byKid = new Map<unknown, VerificationKey>(keys.map((key) => [key.kid, key]));
  return {
    keys,
    keyFor({ kid, alg }) {
      const found = byKid.get(kid);
      if (found !== undefined && found.alg === alg) return found.key;
      const problem = found === undefined ? "no key has its kid" : "its alg is not the key's";
      throw new RekeyError("signing-key-unknown", { context: { secret, problem } });
    },
  };
}

/**
 * The keys to verify by, by the client's cache; also of a secret that has a JWK set alone, such as a mirror of `jwks`. Ask
 * for them again for each token. Errors: those of the client's `get`; `secret-malformed`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { verificationKeys } from "rekey/client/signing-keys";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const { keyFor } = await verificationKeys(client, "prod/tokens");
 * // With jose: await jwtVerify(token, keyFor)
 * ```
 */
export async function verificationKeys(client: ReadingClient, secretId: string): Promise<VerificationKeys> {
  const version = await versionKeys(client, secretId);
  const known = made.get(version) ?? verificationKeysOf(secretId, version);
  made.set(version, known);
  return known;
}
