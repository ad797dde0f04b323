import type { CallOptions } from "../../ports/call.ts";
import {
  describeIfExists,
  type SecretDescription,
  type SecretStore,
  versionWithLabel,
} from "../../ports/secret-store.ts";

export interface VersionCheck {
  readonly store: Pick<SecretStore, "describe">;
  /** Whether a secret is one that rekey looks after. */
  readonly manages: (secretArn: string) => boolean;
}

/** `foreign`: not one of rekey's secrets, and nobody was asked. `gone`: there is no such secret, or it is deleted. */
export type VersionState =
  | { readonly state: "current"; readonly description: SecretDescription }
  | { readonly state: "foreign" | "gone" | "superseded" };

/** What Secrets Manager says of the version that an event names, in at most one call. Errors: those of the store. */
export async function versionState(
  { store, manages }: VersionCheck,
  { secretArn, versionId }: { readonly secretArn: string; readonly versionId: string },
  call: CallOptions,
): Promise<VersionState> {
  if (!manages(secretArn)) return { state: "foreign" };
  const description = await describeIfExists(store, secretArn, call);
  if (description?.deletedAt !== undefined || description?.secretArn !== secretArn) return { state: "gone" };
  const isCurrent = versionWithLabel(description, "AWSCURRENT") === versionId;
  return isCurrent ? { state: "current", description } : { state: "superseded" };
}
