import { createHash } from "node:crypto";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { signEd25519 } from "./password-hashes.ts";
import { CleartextRefused } from "./translate-error.ts";

type Answer = (data: Buffer) => Promise<Buffer> | null;
export type AuthPlugins = Readonly<Record<string, () => Answer>>;

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const fastSucceeded = 3;

/** The first exchange of caching_sha2_password: SHA256(p) XOR SHA256(SHA256(SHA256(p)), nonce). */
function scrambled(password: SecretValue, nonce: Buffer): Buffer {
  const once = sha256(Buffer.from(password.reveal()));
  const mask = sha256(sha256(once), nonce);
  return once.map((byte, index) => byte ^ (mask[index] ?? 0)) as Buffer;
}

const refuse = (): Answer => async () => {
  throw new CleartextRefused();
};

/**
 * For a server whose certificate was not verified: whoever stands there could ask for the password in clear, or encrypted
 * with a key of its own, so only exchanges that do not reveal it are taken part in.
 */
function withoutCleartext(password: SecretValue): AuthPlugins {
  return {
    mysql_clear_password: refuse,
    sha256_password: refuse,
    dialog: refuse,
    caching_sha2_password: () => {
      let asked = false;
      return (data) => {
        if (asked) return data[0] === fastSucceeded ? null : refuse()(data);
        asked = true;
        return Promise.resolve(scrambled(password, data.subarray(0, 20)));
      };
    },
  };
}

/** How to answer a server that asks for another way of authentication than the driver's own. */
export const authPlugins = (password: SecretValue, isVerified: boolean): AuthPlugins => ({
  client_ed25519: () => async (nonce) => signEd25519(password, nonce.subarray(0, 32)),
  ...(isVerified ? {} : withoutCleartext(password)),
});
