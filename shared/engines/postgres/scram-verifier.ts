import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";

const deriveKey = promisify(pbkdf2);

const ascii = /^\p{ASCII}*$/u;

/**
 * RFC 4013; like the server and libpq, a password that it prohibits is used as it is. Its tables take milliseconds to
 * unpack and change nothing in an ASCII password, hence they are loaded for the others only.
 */
async function prepared(password: SecretValue): Promise<string> {
  const text = password.reveal();
  if (ascii.test(text)) return text;
  const { saslprep } = await import("@mongodb-js/saslprep");
  try {
    return saslprep(text);
  } catch {
    return text;
  }
}

const form = /^SCRAM-SHA-256\$[1-9]\d*:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;

/**
 * What PostgreSQL stores in place of a password (RFC 5802, RFC 7677):
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. The server keeps it byte for byte, so that the password
 * never reaches it. A malformed one would silently be hashed as if it were the password, hence the check at the end.
 */
export async function scramVerifier(
  password: SecretValue,
  iterations: number,
  salt: Buffer = randomBytes(16),
): Promise<string> {
  const salted = await deriveKey(await prepared(password), salt, iterations, 32, "sha256");
  const key = (label: string): Buffer => createHmac("sha256", salted).update(label).digest();
  const storedKey = createHash("sha256").update(key("Client Key")).digest("base64");
  const verifier = `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${key("Server Key").toString("base64")}`;
  if (!form.test(verifier)) throw new RekeyError("internal-fault", { context: { name: "scram-verifier", iterations } });
  return verifier;
}
