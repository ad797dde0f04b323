import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { EventPublisher } from "../rotation/ports.ts";
import { type EventCarrier, eventBus } from "./bus.ts";
import { outgoingEvent } from "./outgoing-event.ts";

/** Publishes by what carries events. Errors: the carrier's. */
export const publisherOn = (carrier: EventCarrier): EventPublisher => ({
  publish: async (event, call) => carrier.carry(outgoingEvent(event, new Date()), call),
});

/** Publishes on one bus. Errors: `events-unavailable`, `event-rejected`, `time-budget-spent`. At least once. */
export const eventBridgePublisher = (client: EventBridgeClient, eventBusName: string): EventPublisher =>
  publisherOn(eventBus(client, eventBusName));

/** For a function without a bus: rotation works all the same. */
export const silentPublisher: EventPublisher = { publish: async () => undefined };
