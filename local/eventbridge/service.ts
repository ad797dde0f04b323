import { randomUUID } from "node:crypto";
import type { Deliver, DeliveryTarget, MessageAttributes } from "../aws/delivery.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { list, optionalText, recordList } from "../aws/members.ts";
import { deliverWithRetries, type GivenUp } from "../aws/retrying-delivery.ts";
import { denial } from "../aws/iam.ts";
import { AwsError, type BusEvent, type Principal } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { atPath, transformInput } from "./input-transformer.ts";
import { busNameOf, eventTime, putEvents, type AcceptedEntry, type EventEnvelope, type Refusal } from "./put-events.ts";
import { createRuleBook, type Rule, type Target } from "./rules.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface EventBridgeOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** How targets are reached. */
  readonly deliver: Deliver;
}

export interface EventBridge extends DeliveryTarget {
  /** An event of AWS itself, on the default bus of a region: of the stack's own unless it is given. */
  emit(event: BusEvent, region?: string): void;
  /** Called with every event that a bus of any region accepted. Returns a way to stop listening. */
  onEvent(listener: (busName: string, event: EventEnvelope, region: string) => void): () => void;
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

const keysOfEvent = (event: Pick<EventEnvelope, "source" | "detail-type">): Readonly<Record<string, string>> => ({
  "events:source": event.source,
  "events:detail-type": event["detail-type"],
});

/** Buses of one region. */
type RuleBook = ReturnType<typeof createRuleBook>;

const busIn = (arn: string): { readonly region: string; readonly name: string } => ({
  region: arn.split(":")[3] ?? "",
  name: busNameOf(arn),
});

/** A service delivers as itself, and to a bus with the role of the rule's target, whose own policy is not looked at. */
const deliveredBy = (target: Target, accountId: string) =>
  target.roleArn === undefined ? caller : { arn: target.roleArn, accountId };

/** EventBridge's classic buses of all regions: patterns, targets on SQS, SNS, Lambda and other buses, retries on the clock, dead-letter queues. */
export function createEventBridge({ clock, region, accountId, deliver }: EventBridgeOptions): EventBridge {
  const books = new Map<string, RuleBook>();
  const bookOf = (place: string): RuleBook => {
    const book = books.get(place) ?? createRuleBook(place, accountId);
    books.set(place, book);
    return book;
  };
  const listeners = new Set<(busName: string, event: EventEnvelope, region: string) => void>();

  const send = async (rule: Rule, target: Target, event: EventEnvelope): Promise<void> => {
    const by = deliveredBy(target, accountId);
    const delivery = { targetArn: target.arn, body: payload(target, event, rule), caller: by, sourceArn: rule.arn };
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

  const publish = (place: string, busName: string, event: EventEnvelope): void => {
    for (const listener of listeners) listener(busName, event, place);
    for (const rule of bookOf(place).matching(busName, event)) {
      for (const target of rule.targets.values()) void send(rule, target, event);
    }
  };

  const busArn = (place: string, nameOrArn = "default"): string =>
    `arn:aws:events:${place}:${accountId}:event-bus/${busNameOf(nameOrArn)}`;
  const refused = (principal: Principal, place: string, { busName, event }: AcceptedEntry): Refusal | undefined => {
    const reason = denial({
      caller: principal,
      action: "events:PutEvents",
      resource: busArn(place, busName),
      resourcePolicy: bookOf(place).policyOf(busName),
      context: { "aws:RequestedRegion": place, ...keysOfEvent(event) },
    });
    const ErrorMessage = `Not authorized for the source, ${reason}`;
    return reason === undefined ? undefined : { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage };
  };

  const put = (input: Members, place: string, principal: Principal): Members => {
    const { accepted, answer } = putEvents(input, {
      accountId,
      region: place,
      nowMs: clock.now(),
      refused: (entry) => refused(principal, place, entry),
    });
    // An unknown bus takes the event and drops it, as AWS does.
    for (const { busName, event } of accepted) publish(place, busName, event);
    return answer;
  };

  return {
    name: "events",
    targets: ["AWSEvents"],
    resources({ operation, input, region: place }) {
      if (operation === "PutEvents") {
        const buses = recordList(input, "Entries").map((entry) => busArn(place, optionalText(entry, "EventBusName")));
        return [...new Set(buses)];
      }
      const rule = optionalText(input, "Rule") ?? (operation.includes("Bus") ? undefined : optionalText(input, "Name"));
      const busName = busNameOf(optionalText(input, "EventBusName") ?? "default");
      if (rule === undefined)
        return [busArn(place, optionalText(input, "EventBusName") ?? optionalText(input, "Name"))];
      return [`arn:aws:events:${place}:${accountId}:rule/${busName === "default" ? "" : `${busName}/`}${rule}`];
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
        ...defined({ "events:source": source, "events:detail-type": detailType }),
      };
    },
    resourcePolicy(arn) {
      const bus = busIn(arn);
      return arn.includes(":event-bus/") ? bookOf(bus.region).policyOf(bus.name) : undefined;
    },
    keysOf: ({ body }) => keysOfEvent(JSON.parse(body) as EventEnvelope),
    async handle({ operation, input, region: place, principal }) {
      if (operation === "PutEvents") return { body: put(input, place, principal) };
      const run = Object.entries(bookOf(place).operations).find(([name]) => name === operation)?.[1];
      if (run === undefined) {
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      }
      return { body: run(input) };
    },
    emit(event, place = region) {
      publish(place, "default", {
        ...event,
        version: "0",
        id: randomUUID(),
        account: accountId,
        time: eventTime(clock.now()),
        region: place,
      });
    },
    exists(arn) {
      const bus = busIn(arn);
      return bookOf(bus.region).hasBus(bus.name);
    },
    /** The event stays as it is: its id, time, account and region are those of where it was put first. */
    async accept({ targetArn, body }) {
      const bus = busIn(targetArn);
      publish(bus.region, bus.name, JSON.parse(body) as EventEnvelope);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
