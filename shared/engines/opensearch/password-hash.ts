import bcrypt from "bcryptjs";
import { SecretValue } from "../../secrets/secret-value.ts";
import { bcryptRounds } from "../connecting/limits.ts";

/** A password as the server keeps it: bcrypt of its first 72 bytes, which are all that the server looks at too. */
export const passwordHash = async (password: SecretValue): Promise<SecretValue> =>
  new SecretValue(await bcrypt.hash(password.reveal(), bcryptRounds));
