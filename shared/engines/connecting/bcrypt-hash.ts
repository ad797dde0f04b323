import bcrypt from "bcryptjs";
import { SecretValue } from "../../secrets/secret-value.ts";
import { bcryptRounds } from "./limits.ts";

/** A password as servers keep it that use bcrypt: of its first 72 bytes, which are all that the server looks at too. */
export const bcryptHash = async (password: SecretValue): Promise<SecretValue> =>
  new SecretValue(await bcrypt.hash(password.reveal(), bcryptRounds));
