import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";

/** What stands in a file or a variable often ends a line, or begins with a byte order mark. */
const trimmed = (value: SecretValue): SecretValue => new SecretValue(value.reveal().trim());

/** A credential for Vault, without the white space around it. Errors: `option-invalid`, naming the option, where nothing is left. */
export function trimmedCredential(option: string, value: SecretValue): SecretValue {
  const credential = trimmed(value);
  if (credential.length > 0) return credential;
  throw new RekeyError("option-invalid", { context: { option, problem: "empty" }, hint: "give the credential itself" });
}

/** The same for a token. Errors: `option-invalid` also for what cannot stand in a header. */
export function headerToken(option: string, value: SecretValue): SecretValue {
  const token = trimmedCredential(option, value);
  if (/^(?![{"'])[\x21-\x7e]{1,16384}$/.test(token.reveal())) return token;
  throw new RekeyError("option-invalid", {
    context: {
      option,
      problem:
        "not a token: it is quoted or JSON, has white space, line ends or other characters in it, or is too long",
    },
    hint: "give the token alone, as vault print token shows it, without quotes, JSON or a second line",
  });
}
