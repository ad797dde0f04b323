export type { SigningAlgorithm } from "../../signing-keys/algorithms.ts";
export { type SigningKey, signingKey } from "./signing-key.ts";
export { type VerificationKey, type VerificationKeys, verificationKeys } from "./verification-keys.ts";
