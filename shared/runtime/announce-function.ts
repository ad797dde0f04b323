import type { SQSRecord } from "aws-lambda";
import { announceChange, type Announcer } from "../operations/announcing/announce-change.ts";
import { awsEventIn } from "../events/aws-event.ts";
import { type DeliveredEvent, parseDeliveredEvent } from "../events/delivered-event.ts";
import { retirementCueIn } from "../events/rekey-event.ts";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { reportReplicas } from "../operations/announcing/report-replicas.ts";
import type { CallOptions } from "../ports/call.ts";
import { environmentVersions, environmentPublisher, environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { queueFunction, type RecordOutcome } from "./queue-function.ts";

/** The queue's `maxReceiveCount` in the template: replicas that are behind at the last receipt are reported as they are. */
export const receipts = 5;

async function tellOfReplicas(
  announcer: Announcer,
  delivered: DeliveredEvent,
  receipt: number,
  call: CallOptions,
): Promise<RecordOutcome> {
  const cue = retirementCueIn(delivered);
  const outcome = await reportReplicas(announcer, cue, { patient: receipt < receipts, call });
  const facts = { secret: cue.secretArn, version: cue.versionId, kind: "replicas", outcome };
  return { facts, again: outcome === "behind" };
}

async function tellOfChange(
  announcer: Announcer,
  delivered: DeliveredEvent,
  receipt: number,
  call: CallOptions,
): Promise<RecordOutcome> {
  const event = awsEventIn(delivered);
  if (event === undefined) return { facts: { outcome: "nothing to say" } };
  const outcome = await announceChange(announcer, event, { patient: receipt < 2, call });
  const secret = event.kind === "retagged" ? event.secretId : event.secretArn;
  return { facts: { secret, kind: event.kind, outcome }, again: outcome === "under-way" };
}

/**
 * The Lambda handler of a queue of Secrets Manager's events, and of rekey's own `Secret Rotated` where there are replicas. A
 * version whose rotation has not finished, or whose replicas are behind, comes again after the queue's visibility timeout.
 */
export function announceFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const announcer = {
    store: environmentStore(environment),
    versions: environmentVersions(environment),
    publisher: environmentPublisher(environment),
    manages: arnPatterns(environment.list("REKEY_SECRETS")),
    announcesItself: arnPatterns(environment.list("REKEY_ROTATION_FUNCTIONS")),
  };
  return queueFunction({ done: "heard", notDone: "not announced" }, async ({ body, attributes }: SQSRecord, call) => {
    const receipt = Number(attributes.ApproximateReceiveCount);
    const delivered = parseDeliveredEvent(body);
    const tell = delivered.source === "rekey" ? tellOfReplicas : tellOfChange;
    return tell(announcer, delivered, receipt, call);
  });
}
