import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential } from "../../ports/database-engine.ts";

export interface Mechanism {
  readonly name: string;
  /** In requests. Source: KIP-554. */
  readonly id: number;
  readonly digest: "sha256" | "sha512";
  readonly digestBytes: number;
}

const sha256: Mechanism = { name: "SCRAM-SHA-256", id: 1, digest: "sha256", digestBytes: 32 };
const sha512: Mechanism = { name: "SCRAM-SHA-512", id: 2, digest: "sha512", digestBytes: 64 };

export const mechanisms: readonly Mechanism[] = [sha256, sha512];

/** What a secret without `sasl_mechanism` is for. Errors: `secret-malformed`. */
export function mechanismOf({ saslMechanism = sha512.name }: Pick<Credential, "saslMechanism">): Mechanism {
  const mechanism = mechanisms.find(({ name }) => name === saslMechanism);
  if (mechanism !== undefined) return mechanism;
  throw new RekeyError("secret-malformed", {
    context: { field: "sasl_mechanism", problem: "not a mechanism that rekey knows" },
    hint: `write "sasl_mechanism": ${mechanisms.map(({ name }) => `"${name}"`).join(" or ")}; passwords of PLAIN and tokens are not rotated`,
  });
}

export const otherMechanism = (mechanism: Mechanism): Mechanism => (mechanism === sha256 ? sha512 : sha256);
