import { announceChange } from "../operations/announce-change.ts";
import { parseAwsEvent } from "../operations/aws-event.ts";
import { arnPatterns } from "../operations/arn-patterns.ts";
import { environmentPublisher, environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { queueFunction } from "./queue-function.ts";

/**
 * The Lambda handler of a queue of Secrets Manager's events. A version whose rotation has not finished comes again after
 * the queue's visibility timeout, and is published then.
 */
export function announceFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const announcer = {
    store: environmentStore(environment),
    publisher: environmentPublisher(environment),
    manages: arnPatterns(environment.list("REKEY_SECRETS")),
    announcesItself: arnPatterns(environment.list("REKEY_ROTATION_FUNCTIONS")),
  };
  return queueFunction({ done: "heard", notDone: "not announced" }, async ({ body, attributes }, call) => {
    const event = parseAwsEvent(body);
    if (event === undefined) return { facts: { outcome: "nothing to say" } };
    const patient = Number(attributes.ApproximateReceiveCount) < 2;
    const outcome = await announceChange(announcer, event, { patient, call });
    return { facts: { secret: event.secretArn, kind: event.kind, outcome }, again: outcome === "under-way" };
  });
}
