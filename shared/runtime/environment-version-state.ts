import type { SQSRecord } from "aws-lambda";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { parseDeliveredEvent } from "../events/delivered-event.ts";
import { retirementCueIn } from "../events/rekey-event.ts";
import { type VersionState, versionState } from "../operations/announcing/version-state.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { Environment } from "./environment.ts";

interface HeardVersion {
  readonly secret: string;
  readonly standing: VersionState["state"];
  /** A description may be a moment older than the event: a version that is not current is looked at once more. */
  readonly again: boolean;
}

/**
 * Asks Secrets Manager about the version that a `Secret Rotated` names, before it is passed on. Errors: `event-malformed`,
 * those of the store.
 */
export function environmentVersionState(environment: Environment, store: SecretStore) {
  const manages = arnPatterns(environment.list("REKEY_SECRETS"));
  return async ({ body, attributes }: SQSRecord, call: CallOptions): Promise<HeardVersion> => {
    const cue = retirementCueIn(parseDeliveredEvent(body));
    const { state: standing } = await versionState({ store, manages }, cue, call);
    const again = standing === "superseded" && Number(attributes.ApproximateReceiveCount) < 2;
    return { secret: cue.secretArn, standing, again };
  };
}
