import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { certificatesIn } from "../secrets/certificates.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { fileText } from "./environment-file.ts";
import type { Environment } from "./environment.ts";

/** What is added to a secret, or taken out of it, holds after this time. */
const keptMs = 300_000;

export const isFile = (set: string): boolean => !set.startsWith("arn:") && !set.includes("-----BEGIN");

export type ReadCa = (call: CallOptions) => Promise<string | undefined>;

function certificates(value: SecretValue, option: string, secret?: string): string {
  const text = certificatesIn(value);
  if (text !== undefined) return text;
  throw new RekeyError("option-invalid", { context: { option, problem: "not certificates in PEM", secret } });
}

/**
 * The root certificates that a variable names: PEM text, the path of a PEM file in the function's package or layer, or the ARN
 * of a secret whose text is PEM. A file is read at once, a secret when it is asked for. Errors: `option-invalid`; of a secret
 * also `secret-not-found`, `secret-binary` and those of the store.
 */
export function environmentCa(
  environment: Environment,
  option: string,
  store: Pick<SecretStore, "read">,
  nowMs: () => number = Date.now,
): ReadCa {
  const set = environment.text(option);
  if (set === undefined) return async () => undefined;
  if (!set.startsWith("arn:")) {
    const ca = certificates(new SecretValue(isFile(set) ? fileText(set, option) : set), option);
    return async () => ca;
  }
  let kept = { ca: "", untilMs: 0 };
  return async (call) => {
    if (nowMs() < kept.untilMs) return kept.ca;
    const version = await store.read(set, { label: "AWSCURRENT" }, call);
    if (version === undefined) throw new RekeyError("secret-not-found", { context: { option, secret: set } });
    kept = { ca: certificates(version.value, option, set), untilMs: nowMs() + keptMs };
    return kept.ca;
  };
}
