import type { CallOptions, SecretStore } from "../../ports/database-engine.ts";
import type { FleetPorts, SecretListing } from "../fleet/fleet-ports.ts";

export interface Subscription {
  /** None while its owner has not confirmed it: SNS forgets such a subscription by itself. */
  readonly subscriptionArn?: string;
  readonly protocol: string;
  readonly endpoint: string;
}

/** The topic that a stack's events are published on. Errors: `access-denied`, `aws-refused`, `time-budget-spent`. */
export interface Topic {
  /** None where there is no such topic. */
  subscriptions(call: CallOptions): Promise<readonly Subscription[]>;
  /** Idempotent. */
  unsubscribe(subscriptionArn: string, call: CallOptions): Promise<void>;
}

/** What deleting a stack leaves, or is stopped by. */
export interface StackRemains {
  /** Resources that the template keeps. */
  readonly kept: readonly { readonly type: string; readonly name: string }[];
  /** Rules of others on the stack's bus, which cannot be deleted before they are. */
  readonly foreignRules: readonly string[];
}

/** `undefined`: the caller may not ask, or there is no such stack. */
export type Remains = (call: CallOptions) => Promise<StackRemains | undefined>;

export interface DetachPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: Pick<FleetPorts["administration"], "disableRotation" | "untag">;
  /** Errors: `access-denied`, `aws-refused`, `time-budget-spent`. */
  readonly functionExists: (functionArn: string, call: CallOptions) => Promise<boolean>;
}
