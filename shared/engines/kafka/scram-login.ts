import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxScramIterations, minScramIterations } from "../connecting/limits.ts";
import { type Mechanism, mechanismOf } from "./mechanisms.ts";

const deriveKey = promisify(pbkdf2);

/** Kafka takes a password as it is, without SASLprep. Source: ScramFormatter in Kafka's clients. */
export const saltedPassword = async (
  password: SecretValue,
  salt: Buffer,
  iterations: number,
  { digest, digestBytes }: Mechanism,
): Promise<Buffer> => deriveKey(password.reveal(), salt, iterations, digestBytes, digest);

/** Source: RFC 5802, 5.1. */
const escaped = (name: string): string => name.replaceAll("=", "=3D").replaceAll(",", "=2C");

const firstForm = /^r=([\x21-\x2b\x2d-\x7e]{1,512}),s=([A-Za-z0-9+/]{1,1024}={0,2}),i=([1-9]\d{0,9})$/;

/** The client's side of a login by SCRAM, which shows the server a proof of the password and asks it for one. */
export interface ScramLogin {
  readonly first: string;
  /** Errors: `ServerMisbehaved`, also for more work than an honest server asks for. */
  readonly last: (serverFirst: string) => Promise<string>;
  /** Whether the server knows the password. */
  readonly isProven: (serverLast: string) => boolean;
}

export function scramLogin(credential: Credential): ScramLogin {
  const mechanism = mechanismOf(credential);
  const nonce = randomBytes(24).toString("base64url");
  const bare = `n=${escaped(credential.username)},r=${nonce}`;
  const hmac = (key: Buffer, text: string): Buffer => createHmac(mechanism.digest, key).update(text).digest();
  let expected: Buffer = Buffer.alloc(0);
  return {
    first: `n,,${bare}`,
    async last(serverFirst) {
      const [, both = "", salt = "", rounds = ""] = firstForm.exec(serverFirst) ?? [];
      const iterations = Number(rounds);
      if (!both.startsWith(nonce) || both.length === nonce.length) {
        throw new ServerMisbehaved("a challenge of another form");
      }
      if (iterations < minScramIterations || iterations > maxScramIterations) {
        throw new ServerMisbehaved("SCRAM iterations out of bounds");
      }
      const salted = await saltedPassword(credential.password, Buffer.from(salt, "base64"), iterations, mechanism);
      const withoutProof = `c=biws,r=${both}`;
      const said = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, "Client Key");
      const signature = hmac(createHash(mechanism.digest).update(clientKey).digest(), said);
      expected = hmac(hmac(salted, "Server Key"), said);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
    },
    isProven(serverLast) {
      const [, signature = ""] = /^v=([A-Za-z0-9+/]+={0,2})$/.exec(serverLast) ?? [];
      const given = Buffer.from(signature, "base64");
      return given.length === mechanism.digestBytes && timingSafeEqual(given, expected);
    },
  };
}
