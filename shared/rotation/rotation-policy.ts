import { RekeyError } from "../errors/rekey-error.ts";
import { defined } from "../secrets/defined.ts";
import { checkPasswordPolicy, passwordCharsets, type PasswordPolicy } from "../secrets/password.ts";
import { type TlsMode, tlsModes } from "../secrets/secret-fields.ts";
import {
  acceptExperimentalTag,
  adminSecretTag,
  alternateUserTag,
  changeAtTag,
  graceExtensionTag,
  graceTag,
  passwordCharsetTag,
  passwordEachKindTag,
  passwordExcludeTag,
  passwordLengthTag,
  strategyTag,
  tlsTag,
} from "../tags/tag-names.ts";

const strategyNames = ["single-user", "alternating-users", "dual-password", "issued"] as const;
export type StrategyName = (typeof strategyNames)[number];

/** What a secret's `rekey:*` tags say. A policy belongs to the secret, not to the function. */
export interface RotationPolicy {
  readonly strategy: StrategyName | undefined;
  readonly password: PasswordPolicy;
  readonly tlsMode: TlsMode | undefined;
  readonly adminSecretArn: string | undefined;
  readonly alternateUser: string | undefined;
  /** The step that changes the password where that makes the current one stop. */
  readonly changeAt: "setSecret" | "finishSecret";
  /** How long the replaced credential still logs in; undefined: until a later rotation replaces it. */
  readonly graceMs: number | undefined;
  /** How much longer it does while the server has connections of it. Default: as long again. */
  readonly graceExtensionMs: number | undefined;
  /** Whether an engine that never ran on a real server may rotate the secret. */
  readonly acceptsExperimental: boolean;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function duration(tags: ReadonlyMap<string, string>, tag: string): number | undefined {
  const raw = tags.get(tag);
  if (raw === undefined) return undefined;
  const match = /^(\d{1,4})([mhd])$/.exec(raw);
  if (match === null) {
    throw new RekeyError("option-invalid", {
      context: { option: tag },
      hint: "use a whole number and a unit: 30m, 24h or 7d",
    });
  }
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
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

function passwordPolicy(tags: ReadonlyMap<string, string>): PasswordPolicy {
  const excluded = tags.get(passwordExcludeTag);
  const eachKind = oneOf(tags, passwordEachKindTag, ["true", "false"]);
  return checkPasswordPolicy({
    charset: oneOf(tags, passwordCharsetTag, passwordCharsets) ?? "url",
    length: Number(tags.get(passwordLengthTag) ?? "32"),
    ...defined({ excluded }),
    ...(eachKind === undefined ? {} : { eachKind: eachKind === "true" }),
  });
}

/** Errors: `option-invalid`, naming the tag. */
export function rotationPolicy(tags: ReadonlyMap<string, string>): RotationPolicy {
  const graceMs = duration(tags, graceTag);
  return {
    strategy: oneOf(tags, strategyTag, strategyNames),
    password: passwordPolicy(tags),
    tlsMode: oneOf(tags, tlsTag, tlsModes),
    adminSecretArn: tags.get(adminSecretTag),
    alternateUser: tags.get(alternateUserTag),
    changeAt: oneOf(tags, changeAtTag, ["setSecret", "finishSecret"]) ?? "setSecret",
    graceMs,
    graceExtensionMs: duration(tags, graceExtensionTag) ?? graceMs,
    acceptsExperimental: oneOf(tags, acceptExperimentalTag, ["true", "false"]) === "true",
  };
}

const looks = 12;
const leastWaitMs = 60_000;

/** Until the next look at who has connections of a replaced credential: a few looks in the whole extension, and as many events. */
export const lookAgainMs = (graceExtensionMs = 0): number => Math.max(leastWaitMs, graceExtensionMs / looks);
