/** What each algorithm's keys are, and the least of them that is taken. Keys that rekey makes have 128 bits of security or more. */
export const signingAlgorithms = {
  HS256: { type: "secret", bytes: 32 },
  HS384: { type: "secret", bytes: 48 },
  HS512: { type: "secret", bytes: 64 },
  RS256: { type: "rsa", bits: 2048 },
  PS256: { type: "rsa", bits: 2048 },
  ES256: { type: "ec", curve: "prime256v1" },
  ES384: { type: "ec", curve: "secp384r1" },
  EdDSA: { type: "ed25519" },
} as const;

/** A name of RFC 7518 or RFC 8037; `EdDSA` is Ed25519. */
export type SigningAlgorithm = keyof typeof signingAlgorithms;

export const signingAlgorithmNames = Object.keys(signingAlgorithms) as readonly SigningAlgorithm[];

export const isSigningAlgorithm = (value: unknown): value is SigningAlgorithm =>
  typeof value === "string" && Object.hasOwn(signingAlgorithms, value);
