import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import type { SecretListing } from "../../ports/secret-administration.ts";

export interface DetachPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: Pick<FleetPorts["administration"], "disableRotation" | "untag">;
  /** Errors: `access-denied`, `aws-refused`, `time-budget-spent`. */
  readonly functionExists: (functionArn: string, call: CallOptions) => Promise<boolean>;
}
