import { parseOutgoingEvent } from "../publishers/outgoing-event.ts";
import { requiredBus } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { queueFunction } from "./queue-function.ts";

/** The Lambda handler of the outbox: publishes what waits there, as it was when it was new. */
export function outboxFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const bus = requiredBus(environmentOf(variables));
  return queueFunction({ done: "delivered", notDone: "not delivered" }, async ({ body }, call) => {
    const event = parseOutgoingEvent(body);
    await bus.carry(event, call);
    return { facts: { secret: event.secretArn, event: event.detailType } };
  });
}
