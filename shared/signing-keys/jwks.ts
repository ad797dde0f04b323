import type { JsonWebKey } from "node:crypto";
import type { KeyRing } from "./key-ring.ts";
import { publicJwk } from "./read-key.ts";

/** A JWK set of RFC 7517. */
export interface Jwks {
  readonly keys: readonly JsonWebKey[];
}

/** What verifiers of a ring may be given: its public keys, those that do not sign yet included. No HMAC key is in it. */
export const jwksOf = ({ keys }: KeyRing): Jwks => ({
  keys: keys.flatMap(({ key }) => (key.verifier.type === "public" ? [publicJwk(key)] : [])),
});
