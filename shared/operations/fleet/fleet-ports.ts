import type { AdoptionTable } from "../../ports/adoptions.ts";
import type { MirrorView } from "../../ports/mirror.ts";
import type { AuditTrail, StepLog } from "../../ports/records.ts";
import type { SecretAdministration, SecretListing } from "../../ports/secret-administration.ts";
import type { SecretStore } from "../../ports/secret-store.ts";

/** What all of the views and operations on secrets are made of; what is absent is not there, or not to be asked. */
export interface FleetPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: SecretAdministration;
  readonly log?: StepLog;
  readonly trail?: AuditTrail;
  readonly mirrors: readonly MirrorView[];
  readonly adoptions?: AdoptionTable;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
}
