import { randomUUID } from "node:crypto";
import type { Deliver, MessageAttributes } from "../aws/delivery.ts";
import { isMembers, list, optionalText, recordList, type Members } from "../aws/members.ts";
import { deliverWithRetries, type GivenUp } from "../aws/retrying-delivery.ts";
import { AwsError, type AwsService, type BusEvent } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { atPath, transformInput } from "./input-transformer.ts";
import { busNameOf, eventTime, putEvents, type EventEnvelope } from "./put-events.ts";
import { createRuleBook, type Rule, type Target } from "./rules.ts";

export interface EventBridgeOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** How targets are reached. */
  readonly deliver: Deliver;
}

export interface EventBridge extends AwsService {
  /** An event of AWS itself, on the default bus. */
  emit(event: BusEvent): void;
  /** Called with every event that a bus accepted. Returns a way to stop listening. */
  onEvent(listener: (busName: string, event: EventEnvelope) => void): () => void;
}

const caller = { service: "events.amazonaws.com" };

function payload(target: Target, event: EventEnvelope, rule: Rule): string {
  if (target.transformer !== undefined) return transformInput(target.transformer, event, rule);
  if (target.inputPath !== undefined) return JSON.stringify(atPath(event, target.inputPath) ?? null);
  return target.input ?? JSON.stringify(event);
}

function deadLetterAttributes(rule: Rule, target: Target, { failure, retries, exhausted }: GivenUp): MessageAttributes {
  const texts = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted, RETRY_ATTEMPTS: String(retries) }),
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
  );
}

/** EventBridge's classic buses: patterns, targets on SQS, SNS and Lambda, retries on the clock, dead-letter queues. */
export function createEventBridge({ clock, region, accountId, deliver }: EventBridgeOptions): EventBridge {
  const book = createRuleBook(region, accountId);
  const listeners = new Set<(busName: string, event: EventEnvelope) => void>();

  const send = async (rule: Rule, target: Target, event: EventEnvelope): Promise<void> => {
    const delivery = { targetArn: target.arn, body: payload(target, event, rule), caller, sourceArn: rule.arn };
    const givenUp = await deliverWithRetries(deliver, clock, delivery, target.retry);
    if (givenUp === undefined || target.deadLetterArn === undefined) return;
    await deliver({
      targetArn: target.deadLetterArn,
      body: JSON.stringify(event),
      caller,
      sourceArn: rule.arn,
      messageAttributes: deadLetterAttributes(rule, target, givenUp),
    });
  };

  const publish = (busName: string, event: EventEnvelope): void => {
    for (const listener of listeners) listener(busName, event);
    for (const rule of book.matching(busName, event)) {
      for (const target of rule.targets.values()) void send(rule, target, event);
    }
  };

  const put = (input: Members): Members => {
    const { accepted, answer } = putEvents(input, { accountId, region, nowMs: clock.now() });
    // An unknown bus takes the event and drops it, as AWS does.
    for (const { busName, event } of accepted) publish(busName, event);
    return answer;
  };
  const operations = { ...book.operations, PutEvents: put };
  const busArn = (nameOrArn: string | undefined): string =>
    `arn:aws:events:${region}:${accountId}:event-bus/${busNameOf(nameOrArn ?? "default")}`;

  return {
    name: "events",
    targets: ["AWSEvents"],
    resources({ operation, input }) {
      if (operation === "PutEvents") {
        return [...new Set(recordList(input, "Entries").map((entry) => busArn(optionalText(entry, "EventBusName"))))];
      }
      const rule = optionalText(input, "Rule") ?? (operation.includes("Bus") ? undefined : optionalText(input, "Name"));
      const busName = busNameOf(optionalText(input, "EventBusName") ?? "default");
      if (rule === undefined) return [busArn(optionalText(input, "EventBusName") ?? optionalText(input, "Name"))];
      return [`arn:aws:events:${region}:${accountId}:rule/${busName === "default" ? "" : `${busName}/`}${rule}`];
    },
    conditionKeys({ input }) {
      const entries = list(input, "Entries").filter(isMembers);
      const same = (name: string): string | undefined => {
        const [first, ...others] = new Set(entries.map((entry) => entry[name]));
        return typeof first === "string" && others.length === 0 ? first : undefined;
      };
      const source = same("Source");
      const detailType = same("DetailType");
      return {
        ...(source === undefined ? {} : { "events:source": source }),
        ...(detailType === undefined ? {} : { "events:detail-type": detailType }),
      };
    },
    async handle({ operation, input }) {
      const run = Object.entries(operations).find(([name]) => name === operation)?.[1];
      if (run === undefined) {
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      }
      return { body: run(input) };
    },
    emit(event) {
      publish("default", {
        ...event,
        version: "0",
        id: randomUUID(),
        account: accountId,
        time: eventTime(clock.now()),
        region,
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
