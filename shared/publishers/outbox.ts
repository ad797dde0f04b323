import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { RekeyError } from "../errors/rekey-error.ts";
import type { EventCarrier } from "./bus.ts";

/** Keeps events in a queue, from which they are published later. Errors: `events-unavailable`, `time-budget-spent`. */
export function sqsOutbox(client: SQSClient, queueUrl: string): EventCarrier {
  return {
    async carry(event, { signal }) {
      try {
        const message = { QueueUrl: queueUrl, MessageBody: JSON.stringify(event) };
        await client.send(new SendMessageCommand(message), { abortSignal: signal });
      } catch (error) {
        const reason = error instanceof Error ? error.name : "unknown";
        const code = signal.aborted ? "time-budget-spent" : "events-unavailable";
        throw new RekeyError(code, { context: { operation: "SendMessage", reason } });
      }
    },
  };
}

/** So that a bus that hangs leaves time for the outbox. */
const busTimeoutMs = 5_000;

/**
 * The bus, and when it does not take an event, for whatever reason, the outbox: a rotation does not wait for a bus that is
 * down, and the event arrives when that is mended. Errors: the bus's, when the outbox does not take the event either.
 */
export function busOrOutbox(bus: EventCarrier, outbox: EventCarrier, timeoutMs = busTimeoutMs): EventCarrier {
  return {
    async carry(event, call) {
      try {
        const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
        await bus.carry(event, { signal });
      } catch (error) {
        await outbox.carry(event, call).catch(() => {
          throw error;
        });
      }
    },
  };
}
