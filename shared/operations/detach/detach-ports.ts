import type { FunctionPresence } from "../../ports/account.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type { SecretAdministration, SecretListing } from "../../ports/secret-administration.ts";

export interface DetachPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: Pick<SecretAdministration, "disableRotation" | "untag">;
  readonly functionExists: FunctionPresence;
}
