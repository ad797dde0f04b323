import { isMembers } from "../../answers/members.ts";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { type KeyRing, parseKeyRing, signingKeyIn } from "../../signing-keys/key-ring.ts";
import { type ReadKey, readKey } from "../../signing-keys/read-key.ts";
import { aboutSecret } from "../cache/about-secret.ts";
import type { SecretClient } from "../secret-client.ts";

/** The keys of one version of a secret. */
export interface VersionKeys {
  /** Absent where the secret has only public keys. */
  readonly signing: ReadKey | undefined;
  readonly verifying: readonly ReadKey[];
}

export type ReadingClient = Pick<SecretClient, "get" | "refresh">;

const hint = "let rekey rotate the secret; see docs/reference/signing-key.md";
const malformed = (secret: string, problem: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { secret, problem }, hint });

function publicKeys(secret: string, jwks: unknown): VersionKeys {
  const listed = isMembers(jwks) ? jwks["keys"] : undefined;
  if (!Array.isArray(listed)) throw malformed(secret, "neither a ring of signing keys nor a JWK set");
  const verifying = listed.map((jwk) => {
    const key = readKey(jwk);
    if (key?.verifier.type === "public") return key;
    throw malformed(secret, "a key of the JWK set is malformed, weak or secret");
  });
  return { signing: undefined, verifying };
}

function ringOf(secret: string, text: string): KeyRing {
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw isRekeyError(error) ? aboutSecret(secret, error) : error;
  }
}

/** A ring, where there is one; else the JWK set in `jwks`, as the mirror may hold it, or the whole value. */
function keysIn(secret: string, value: SecretValue): VersionKeys {
  const text = value.reveal();
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    throw malformed(secret, "not JSON");
  }
  if (!isMembers(fields)) throw malformed(secret, "not an object");
  if (typeof fields["password"] !== "string") return publicKeys(secret, fields["jwks"] ?? fields);
  const ring = ringOf(secret, fields["password"]);
  return { signing: signingKeyIn(ring)?.key, verifying: ring.keys.map(({ key }) => key) };
}

const read = new WeakMap<SecretValue, VersionKeys>();

function keysOf(secret: string, value: SecretValue): VersionKeys {
  const known = read.get(value) ?? keysIn(secret, value);
  read.set(value, known);
  return known;
}

/** AWSCURRENT's keys, read once for each version. A secret that has none yet is asked for again by each call. */
export async function versionKeys(client: ReadingClient, secretId: string): Promise<VersionKeys> {
  const keys = keysOf(secretId, (await client.get(secretId)).value);
  if (keys.verifying.length > 0) return keys;
  const asked = keysOf(secretId, (await client.refresh(secretId)).value);
  if (asked.verifying.length > 0) return asked;
  throw malformed(secretId, "the secret has no key yet");
}
