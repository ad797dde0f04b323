import { createHash, randomBytes } from "node:crypto";
import { SecretValue } from "../../secrets/secret-value.ts";

/** A password as the server keeps it. */
export interface StoredPassword {
  readonly hash: SecretValue;
  /** The server's name of it, such as `rabbit_password_hashing_sha256`. */
  readonly algorithm: string;
}

const sha512 = "rabbit_password_hashing_sha512";

/**
 * What the server stores of a password: four bytes of salt, and the hash of salt and password, in base64. A user with SHA-512
 * keeps it; any other, the MD5 of old versions among them, has SHA-256. Source: "Passwords" in RabbitMQ's documentation,
 * "Computing Password Hash".
 */
export function storedPassword(
  password: SecretValue,
  like: StoredPassword,
  salt: Buffer = randomBytes(4),
): StoredPassword {
  const name = like.algorithm === sha512 ? "sha512" : "sha256";
  const hash = createHash(name).update(salt).update(password.reveal(), "utf8").digest();
  const text = Buffer.concat([salt, hash]).toString("base64");
  return { hash: new SecretValue(text), algorithm: `rabbit_password_hashing_${name}` };
}
