import { sign, verify } from "node:crypto";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  Rehearsal,
} from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { jwksOf } from "../../signing-keys/jwks.ts";
import { keyRingText, noKeyYet, parseKeyRing, signingKeyIn } from "../../signing-keys/key-ring.ts";
import type { ReadKey } from "../../signing-keys/read-key.ts";
import { keyPolicy } from "./key-policy.ts";
import { makeKey } from "./make-key.ts";
import { nextRing } from "./next-ring.ts";

const probe = Buffer.from("rekey");

/** Whether the public half verifies what the private one signs; an imported JWK may have halves of two keys. */
function provesItself({ signer, verifier }: ReadKey): boolean {
  if (signer === undefined || signer.type === "secret") return true;
  const digest = signer.asymmetricKeyType === "ed25519" ? undefined : "sha256";
  return verify(digest, probe, verifier, sign(digest, probe, signer));
}

/** What keeps a credential from being a ring and its signing key's `kid`; `undefined`: nothing. */
function problemOf({ username, password }: Credential): string | undefined {
  try {
    const ring = parseKeyRing(password.reveal());
    if ((signingKeyIn(ring)?.key.kid ?? noKeyYet) !== username) return "username is not the kid of the key that signs";
    return ring.keys.every(({ key }) => provesItself(key)) ? undefined : "a key does not verify what it signs";
  } catch (error) {
    if (!isRekeyError(error, "secret-malformed")) throw error;
    return String(error.context["problem"]);
  }
}

/**
 * Signing keys of tokens and cookies, without a server: createSecret makes the pair. A user name is the `kid` of the key
 * that signs, a password the ring: JSON of the key that signs, the next one, which is published already, and those whose
 * tokens may still be alive. The member `jwks` has the public halves.
 *
 * A login means that the ring is in order and each pair verifies what it signs. Tags choose algorithm and times within
 * bounds. Errors: `option-invalid`, `rotation-too-soon`, `secret-malformed`.
 */
export function signingKeyEngine(nowMs: () => number = Date.now): DatabaseEngine & CredentialIssuer {
  const session: DatabaseSession & Inspection & Rehearsal = {
    async inspect() {
      return { version: "signing keys", isSupported: true, isReadOnly: false, users: new Map() };
    },
    async rehearse() {},
    async [Symbol.asyncDispose]() {},
  };
  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["signing-key"],
    defaultPort: 0,
    defaultDatabase: "",
    maxUsernameBytes: 256,
    plannedStatements: { issue: ["none: rekey makes the key itself"] },
    async login(target, credential) {
      keyPolicy(target.options);
      const hint = problemOf(credential);
      return hint === undefined ? { ok: true, session } : { ok: false, refusal: "bad-credential", hint };
    },
    async issue({ options }, { password }, _call, { lastRotatedAt } = {}) {
      const seconds = (ms: number): number => Math.floor(ms / 1_000);
      const ring = await nextRing(parseKeyRing(password.reveal()), {
        policy: keyPolicy(options),
        now: seconds(nowMs()),
        lastRotatedAt: lastRotatedAt && seconds(lastRotatedAt.getTime()),
        makeKey,
      });
      const username = signingKeyIn(ring)?.key.kid ?? noKeyYet;
      return { username, password: new SecretValue(keyRingText(ring)) };
    },
    computedMembers: (_members, { password }) => ({ jwks: jwksOf(parseKeyRing(password.reveal())) }),
    /** A key ends with the last token that it signed, which no call can bring forward. */
    async revokeOthers() {},
  };
}
