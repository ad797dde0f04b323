import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isSigningAlgorithm, type SigningAlgorithm, signingAlgorithms } from "./algorithms.ts";

/** A key as Node's own objects, which print nothing of it. */
export interface ReadKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** Absent where only the public half is held. */
  readonly signer?: KeyObject;
  /** The public key, or the secret of HMAC. */
  readonly verifier: KeyObject;
}

function keysOf(jwk: JsonWebKey): Pick<ReadKey, "signer" | "verifier"> {
  if (jwk.kty === "oct") {
    const secret = createSecretKey(Buffer.from(String(jwk["k"]), "base64url"));
    return { signer: secret, verifier: secret };
  }
  if (jwk.d === undefined) return { verifier: createPublicKey({ key: jwk, format: "jwk" }) };
  const signer = createPrivateKey({ key: jwk, format: "jwk" });
  return { signer, verifier: createPublicKey(signer) };
}

/** Whether a key is of its algorithm's type, curve and size: an RSA key never verifies by HMAC, a short one not at all. */
function fits(
  { type, asymmetricKeyType, asymmetricKeyDetails, symmetricKeySize = 0 }: KeyObject,
  alg: SigningAlgorithm,
) {
  const wanted = signingAlgorithms[alg];
  if (wanted.type === "secret") return type === "secret" && symmetricKeySize >= wanted.bytes;
  if (asymmetricKeyType !== wanted.type) return false;
  if (wanted.type === "rsa") return (asymmetricKeyDetails?.modulusLength ?? 0) >= wanted.bits;
  return wanted.type === "ed25519" || asymmetricKeyDetails?.namedCurve === wanted.curve;
}

/** Reads a JWK that names its `kid` and `alg`; `undefined` for any that is malformed, weak or not of its algorithm. */
export function readKey(jwk: unknown): ReadKey | undefined {
  const { kid, alg } = Object(jwk) as Readonly<Record<string, unknown>>;
  if (typeof kid !== "string" || kid === "" || kid.length > 256 || !isSigningAlgorithm(alg)) return undefined;
  try {
    const keys = keysOf(jwk as JsonWebKey);
    return fits(keys.verifier, alg) ? { kid, alg, ...keys } : undefined;
  } catch {
    return undefined;
  }
}

/** The JWK that a verifier may be given. Throws for HMAC, whose only key signs. */
export function publicJwk({ kid, alg, verifier }: ReadKey): JsonWebKey {
  if (verifier.type !== "public") throw new TypeError("a secret key has no public half");
  return { ...verifier.export({ format: "jwk" }), kid, alg, use: "sig" };
}
