import { RekeyError } from "../errors/rekey-error.ts";
import {
  checkPasswordPolicy,
  type PasswordCharset,
  passwordCharsets,
  type PasswordPolicy,
} from "../secrets/password.ts";
import { type TlsMode, tlsModes } from "../secrets/database-secret.ts";

const strategyNames = ["single-user", "alternating-users"] as const;
export type StrategyName = (typeof strategyNames)[number];

/** What a secret's `rekey:*` tags say. A policy belongs to the secret, not to the function. */
export interface RotationPolicy {
  readonly strategy: StrategyName | undefined;
  readonly password: PasswordPolicy;
  readonly tlsMode: TlsMode | undefined;
  readonly adminSecretArn: string | undefined;
  readonly alternateUser: string | undefined;
}

function oneOf<Value extends string>(
  tags: ReadonlyMap<string, string>,
  tag: string,
  allowed: readonly Value[],
): Value | undefined {
  const raw = tags.get(tag);
  if (raw === undefined) return undefined;
  const value = allowed.find((known) => known === raw);
  if (value === undefined) {
    throw new RekeyError("option-invalid", { context: { option: tag }, hint: `use one of ${allowed.join(", ")}` });
  }
  return value;
}

/** Errors: `option-invalid`, naming the tag. */
export function rotationPolicy(tags: ReadonlyMap<string, string>): RotationPolicy {
  const charset: PasswordCharset = oneOf(tags, "rekey:password-charset", passwordCharsets) ?? "url";
  return {
    strategy: oneOf(tags, "rekey:strategy", strategyNames),
    password: checkPasswordPolicy({ charset, length: Number(tags.get("rekey:password-length") ?? "32") }),
    tlsMode: oneOf(tags, "rekey:tls", tlsModes),
    adminSecretArn: tags.get("rekey:admin-secret"),
    alternateUser: tags.get("rekey:alternate-user"),
  };
}
