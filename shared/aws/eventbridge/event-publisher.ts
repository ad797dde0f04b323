import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import { eventSource, outgoingEvent } from "./outgoing-event.ts";

/** The entry codes that EventBridge's API reference calls retryable; the SDK retries whole calls, not entries. */
const retryable = new Set(["InternalFailure", "InternalException", "ThrottlingException"]);

const entryAttempts = 3;

const errorNameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

const isRefusal = (error: unknown): boolean =>
  /AccessDenied|NotAuthorized|ValidationException|ResourceNotFound|UnrecognizedClient|ExpiredToken|InvalidSignature/.test(
    errorNameOf(error),
  );

/**
 * Puts each event on one bus. PutEvents answers 200 for an entry that it did not take, so each entry's own result is
 * read. Errors: `events-unavailable`, `event-rejected`, `time-budget-spent`. At least once.
 */
export function eventBridgePublisher(client: EventBridgeClient, eventBusName: string): EventPublisher {
  return {
    async publish(event, { signal }) {
      const { detailType, detail, secretArn } = outgoingEvent(event, new Date());
      const entry = {
        EventBusName: eventBusName,
        Source: eventSource,
        DetailType: detailType,
        Detail: detail,
        Resources: [secretArn],
      };
      let reason = "";
      for (let attempt = 1; attempt <= entryAttempts; attempt++) {
        try {
          const answer = await client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal: signal });
          const failure = answer.Entries?.[0]?.ErrorCode;
          if (failure === undefined && (answer.FailedEntryCount ?? 0) === 0) return;
          reason = failure ?? "unknown";
        } catch (error) {
          const context = { bus: eventBusName, reason: errorNameOf(error) };
          if (signal.aborted)
            throw new RekeyError("time-budget-spent", { context: { ...context, operation: "PutEvents" } });
          throw new RekeyError(isRefusal(error) ? "event-rejected" : "events-unavailable", { context });
        }
        if (!retryable.has(reason)) throw new RekeyError("event-rejected", { context: { bus: eventBusName, reason } });
      }
      throw new RekeyError("events-unavailable", { context: { bus: eventBusName, reason } });
    },
  };
}

/** For a function without a bus: rotation works all the same. */
export const silentPublisher: EventPublisher = { publish: async () => undefined };
