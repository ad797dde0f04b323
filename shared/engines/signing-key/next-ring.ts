import type { JsonWebKey } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SigningAlgorithm } from "../../signing-keys/algorithms.ts";
import { type KeyRing, type RingKey, signingKeyIn } from "../../signing-keys/key-ring.ts";
import { publicJwk, readKey } from "../../signing-keys/read-key.ts";
import type { KeyPolicy } from "./key-policy.ts";

/** Times are seconds since 1970. */
export interface RingChange {
  readonly policy: KeyPolicy;
  readonly now: number;
  /** When a rotation of the secret last succeeded. */
  readonly lastRotatedAt: number | undefined;
  readonly makeKey: (algorithm: SigningAlgorithm) => Promise<JsonWebKey>;
}

/** How far the function's clock may be ahead of Secrets Manager's. */
const clockSkew = 60;
/** They travel in one secret of at most 65,536 bytes, and verifiers hold them all. */
const mostKeys = 16;

const tooSoon = (seconds: number, problem: string): RekeyError =>
  new RekeyError("rotation-too-soon", { context: { problem }, retryAfterMs: seconds * 1_000 });

async function freshKey({ policy, makeKey }: RingChange, state: RingKey["state"]): Promise<RingKey> {
  const jwk = await makeKey(policy.algorithm);
  const key = readKey(jwk);
  if (key === undefined)
    throw new RekeyError("internal-fault", { context: { problem: "a key that was made is no key" } });
  return { state, lifetime: 0, jwk, key };
}

/** Of a key that no longer signs only the public half is kept, where it has one. */
function asVerifier({ jwk, key, lifetime }: RingKey, { tokenLifetime }: KeyPolicy): RingKey {
  const kept = key.verifier.type === "public" ? publicJwk(key) : jwk;
  return { state: "verifying", lifetime: Math.max(lifetime, tokenLifetime), jwk: kept, key };
}

/** When a key that has signed may be dropped: no client signs by it any more, and no token of it is alive. */
const droppedAt = ({ retiredAt = Number.POSITIVE_INFINITY, lifetime }: RingKey, policy: KeyPolicy): number =>
  retiredAt + policy.publicationLead + Math.max(lifetime, policy.tokenLifetime);

/**
 * The ring of the version that follows AWSCURRENT's. Each ring has the key that signs in the ring before it and in the one
 * after it, and AWSCURRENT has stood for the publication lead before the next version is made. So whatever two clients have
 * read within that time, the version before or this one, each verifies what the other signs.
 *
 * Where it is not known since when AWSCURRENT stands, which is so before the first rotation and after one that Secrets Manager did
 * not see end, the same key goes on signing: that rotation publishes, and the next one moves on.
 *
 * Errors: `rotation-too-soon`, with the time that is left.
 */
export async function nextRing(current: KeyRing, change: RingChange): Promise<KeyRing> {
  const { policy, now, lastRotatedAt } = change;
  const stoodSince =
    lastRotatedAt !== undefined && lastRotatedAt >= current.madeAt - clockSkew ? lastRotatedAt : undefined;
  const signing = signingKeyIn(current);
  const next = current.keys.find(({ state }) => state === "next");
  const mayMove = next !== undefined && stoodSince !== undefined;
  const left = mayMove ? stoodSince + policy.publicationLead - now : 0;
  if (left > 0) throw tooSoon(left, "the next key is not published for long enough");

  const retired = current.keys
    .filter(({ state }) => state === "verifying")
    .map((key) => (stoodSince === undefined ? key : { ...key, retiredAt: key.retiredAt ?? stoodSince }))
    .filter((key) => now < droppedAt(key, policy));
  const signer: RingKey = mayMove ? { ...next, state: "signing" } : (signing ?? (await freshKey(change, "signing")));
  const keys: readonly RingKey[] = [
    { ...signer, lifetime: Math.max(signer.lifetime, policy.tokenLifetime) },
    mayMove || next === undefined ? await freshKey(change, "next") : next,
    ...(mayMove && signing !== undefined ? [asVerifier(signing, policy)] : []),
    ...retired,
  ];
  if (keys.length <= mostKeys) return { madeAt: now, keys };
  const soonest = Math.min(...retired.map((key) => droppedAt(key, policy) - now));
  throw tooSoon(
    Number.isFinite(soonest) ? soonest : policy.publicationLead,
    `more than ${mostKeys} keys would be kept`,
  );
}
