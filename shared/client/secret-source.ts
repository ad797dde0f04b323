import type { SecretValue } from "../secrets/secret-value.ts";

export interface SourceVersion {
  readonly versionId: string;
  readonly value: SecretValue;
}

/** Where the client reads: rekey's Secrets Manager store fits as it is. */
export interface SecretSource {
  /** `undefined`: no such version. Rejects with a `RekeyError`. */
  read(
    secretId: string,
    at: { readonly label: "AWSCURRENT" | "AWSPENDING" },
    call: { readonly signal: AbortSignal },
  ): Promise<SourceVersion | undefined>;
}
