import type { SecretDescription } from "../ports/secret-store.ts";
import { type RotationPolicy, rotationPolicy } from "./rotation-policy.ts";

/** What a secret's description says about its rotation; nothing of it is secret. */
export interface RotationFacts {
  readonly secretArn: string;
  readonly secretName: string;
  readonly policy: RotationPolicy;
  /** Whether a rotation has succeeded before. */
  readonly wasRotated: boolean;
  /** When one last succeeded, which is after AWSCURRENT moved. */
  readonly lastRotatedAt?: Date | undefined;
  /** The `rekey:*` tags, for options that only one engine has. */
  readonly options: ReadonlyMap<string, string>;
}

/** The secret's own tags come before the defaults. Errors: `option-invalid`. */
export function rotationFacts(
  description: SecretDescription,
  defaultTags: ReadonlyMap<string, string> = new Map(),
): RotationFacts {
  const tags = new Map([...defaultTags, ...description.tags]);
  return {
    secretArn: description.secretArn,
    secretName: description.name,
    policy: rotationPolicy(tags),
    wasRotated: description.lastRotatedAt !== undefined,
    lastRotatedAt: description.lastRotatedAt,
    options: new Map([...tags].filter(([tag]) => tag.startsWith("rekey:"))),
  };
}
