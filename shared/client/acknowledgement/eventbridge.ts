import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Acknowledge } from "../pools/rotating-options.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { Acknowledge } from "../pools/rotating-options.ts";

export interface EventBridgeAcknowledgement {
  readonly eventBridge: EventBridgeClient;
  readonly eventBusName: string;
  /** This service's name, as the secret's tag `rekey:subscribers` holds it. 1 to 64 of `A-Z a-z 0-9 _ . / = + @ : -`. */
  readonly subscriber: string;
  /** Needed where the pool is given the secret's name in place of its ARN. */
  readonly secretArn?: string;
}

const subscriberPattern = /^[A-Za-z0-9_./=+@:-]{1,64}$/;

function checked(option: string, isValid: boolean): void {
  if (!isValid) throw new RekeyError("option-invalid", { context: { option } });
}

/**
 * Publishes `Secret Adopted` (events/secret-adopted.v1.schema.json) under the source `rekey.subscriber.<subscriber>`, which
 * the bus takes from roles alone whose tag `rekey:subscriber` is that name. PutEvents answers 200 for an entry that it did
 * not take, so the entry's own result is read. Errors: `option-invalid`; from the function, `event-rejected`,
 * `events-unavailable`.
 *
 * @example
 * ```ts
 * import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
 * import { eventBridgeAcknowledgement } from "rekey/client/acknowledgement/eventbridge";
 *
 * const acknowledge = eventBridgeAcknowledgement({
 *   eventBridge: new EventBridgeClient(),
 *   eventBusName: "rekey",
 *   subscriber: "orders",
 * });
 * ```
 */
export function eventBridgeAcknowledgement(options: EventBridgeAcknowledgement): Acknowledge {
  const { eventBridge, eventBusName, subscriber, secretArn } = options;
  checked("subscriber", subscriberPattern.test(subscriber));
  return async ({ secretId, versionId }) => {
    const arn = secretArn ?? secretId;
    checked("secretArn", arn.startsWith("arn:"));
    const detail = { schemaVersion: 1, secretArn: arn, versionId, subscriber, at: new Date().toISOString() };
    const entry = {
      EventBusName: eventBusName,
      Source: `rekey.subscriber.${subscriber}`,
      DetailType: "Secret Adopted",
      Detail: JSON.stringify(detail),
      Resources: [arn],
    };
    const answer = await eventBridge.send(new PutEventsCommand({ Entries: [entry] })).catch((error: unknown) => {
      const reason = error instanceof Error ? error.name : typeof error;
      throw new RekeyError("events-unavailable", { context: { bus: eventBusName, reason } });
    });
    const reason = answer.Entries?.[0]?.ErrorCode;
    if (reason !== undefined) throw new RekeyError("event-rejected", { context: { bus: eventBusName, reason } });
  };
}
