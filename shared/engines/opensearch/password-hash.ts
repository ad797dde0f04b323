import bcrypt from "bcryptjs";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { passwordLengthTag } from "../../tags/tag-names.ts";
import { bcryptRounds, maxBcryptBytes } from "../connecting/limits.ts";

/** A password as the server keeps it. Errors: `account-unsupported` for one that bcrypt would cut off. */
export async function passwordHash(password: SecretValue): Promise<SecretValue> {
  const text = password.reveal();
  if (Buffer.byteLength(text, "utf8") > maxBcryptBytes || text.includes("\0")) {
    throw new RekeyError("account-unsupported", {
      context: { property: `a password of more than ${maxBcryptBytes} bytes` },
      hint: `OpenSearch stores bcrypt, which cuts a password off there: set PASSWORD_LENGTH or ${passwordLengthTag} to ${maxBcryptBytes} or less`,
    });
  }
  return new SecretValue(await bcrypt.hash(text, bcryptRounds));
}
