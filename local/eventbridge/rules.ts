import { isMembers, type Members, membersOf } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText, record, recordList, text, textList, textRecord } from "../aws/members.ts";
import { readPolicyDocument } from "../aws/policy-document.ts";
import { AwsError, type PolicyDocument } from "../aws/service.ts";
import type { RetryPolicy } from "../aws/retrying-delivery.ts";
import { atPath, type InputTransformer } from "./input-transformer.ts";
import { compilePattern, type EventPattern } from "./pattern.ts";
import { busNameOf } from "./put-events.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface Target {
  readonly arn: string;
  /** As it was put, for ListTargetsByRule. */
  readonly definition: Members;
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: InputTransformer;
  readonly retry: RetryPolicy;
  readonly deadLetterArn?: string;
  /** The role that EventBridge delivers with, which a bus needs. */
  readonly roleArn?: string;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly pattern: string;
  readonly matches: EventPattern;
  readonly description?: string;
  state: string;
  readonly targets: Map<string, Target>;
}

export interface EventBus {
  readonly name: string;
  readonly arn: string;
  readonly rules: Map<string, Rule>;
  policy: PolicyDocument | undefined;
}

export type Operation = (input: Members) => Members;

const noSuch = (what: string): AwsError => new AwsError("ResourceNotFoundException", `${what} does not exist.`);
const invalid = (message: string): AwsError => new AwsError("ValidationException", message);
const targetKinds = new Set(["sqs", "sns", "lambda", "events"]);

function readTransformer(definition: unknown): InputTransformer | undefined {
  if (!isMembers(definition)) return undefined;
  const paths = textRecord(definition, "InputPathsMap");
  for (const path of Object.values(paths)) atPath({}, path);
  return { paths, template: text(definition, "InputTemplate") };
}

function readTarget(definition: Members): Target {
  const arn = text(definition, "Arn");
  const id = text(definition, "Id");
  if (!targetKinds.has(arn.split(":")[2] ?? "")) {
    throw invalid(
      `Parameter ${arn} is not valid. Reason: targets of this kind are not emulated; sqs, sns, lambda and buses are.`,
    );
  }
  const inputs = ["Input", "InputPath", "InputTransformer"].filter((name) => definition[name] !== undefined);
  if (inputs.length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  const roleArn = optionalText(definition, "RoleArn");
  if (arn.split(":")[2] === "events" && roleArn === undefined) throw invalid(`RoleArn is required for target ${arn}.`);
  const retry = record(definition, "RetryPolicy");
  const retries = optionalInteger(retry, "MaximumRetryAttempts") ?? 185;
  const ageSeconds = optionalInteger(retry, "MaximumEventAgeInSeconds") ?? 86_400;
  if (retries < 0 || retries > 185) throw invalid("MaximumRetryAttempts must be from 0 to 185");
  if (ageSeconds < 60 || ageSeconds > 86_400) throw invalid("MaximumEventAgeInSeconds must be from 60 to 86400");
  const input = optionalText(definition, "Input");
  const inputPath = optionalText(definition, "InputPath");
  if (inputPath !== undefined) atPath({}, inputPath);
  const deadLetterArn = optionalText(record(definition, "DeadLetterConfig"), "Arn");
  const transformer = readTransformer(definition["InputTransformer"]);
  return {
    arn,
    definition,
    retry: { maximumRetries: retries, maximumAgeMs: ageSeconds * 1000 },
    ...defined({ roleArn, input, inputPath, deadLetterArn, transformer }),
  };
}

const withReads = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
const states = new Set(["ENABLED", "DISABLED", withReads]);

/** CloudTrail's records of calls that only read reach the rules alone that ask for them. */
function isEnabled(state: string, event: Members): boolean {
  const { detail } = event;
  const isRead = isMembers(detail) && detail["readOnly"] === true && String(event["source"]).startsWith("aws.");
  return isRead ? state === withReads : state !== "DISABLED";
}

const describeRule = ({ name, arn, busName, pattern, state, description }: Rule): Members => ({
  Name: name,
  Arn: arn,
  EventBusName: busName,
  EventPattern: pattern,
  State: state,
  Description: description,
});

/** Buses, rules and targets of one account and region, with the operations on them. The bus `default` is always there. */
export function createRuleBook(region: string, accountId: string) {
  const arnPrefix = `arn:aws:events:${region}:${accountId}`;
  const buses = new Map<string, EventBus>();
  const addBus = (name: string): EventBus => {
    const bus: EventBus = { name, arn: `${arnPrefix}:event-bus/${name}`, rules: new Map(), policy: undefined };
    buses.set(name, bus);
    return bus;
  };
  addBus("default");

  const busOf = (input: Members, member = "EventBusName"): EventBus => {
    const name = busNameOf(optionalText(input, member) ?? "default");
    const bus = buses.get(name);
    if (bus === undefined) throw noSuch(`Event bus ${name}`);
    return bus;
  };
  const ruleOf = (input: Members, member = "Name"): Rule => {
    const bus = busOf(input);
    const rule = bus.rules.get(text(input, member));
    if (rule === undefined) throw noSuch(`Rule ${text(input, member)} on EventBus ${bus.name}`);
    return rule;
  };
  const setState = (input: Members, state: string): Members => {
    ruleOf(input).state = state;
    return {};
  };

  const operations: Readonly<Record<string, Operation>> = {
    CreateEventBus: (input) => {
      const name = text(input, "Name");
      if (!/^[\w./-]{1,256}$/u.test(name)) throw invalid(`Invalid event bus name ${name}`);
      if (buses.has(name)) throw new AwsError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
      return { EventBusArn: addBus(name).arn };
    },
    DescribeEventBus: (input) => {
      const { name, arn, policy } = busOf(input, "Name");
      return { Name: name, Arn: arn, Policy: policy === undefined ? undefined : JSON.stringify(policy) };
    },
    PutPermission: (input) => {
      const policy = optionalText(input, "Policy");
      if (policy === undefined) throw invalid("PutPermission needs a Policy; single statements are not emulated.");
      busOf(input).policy = readPolicyDocument(policy);
      return {};
    },
    RemovePermission: (input) => {
      const bus = busOf(input);
      const id = optionalText(input, "StatementId");
      const left = [bus.policy?.Statement ?? []].flat().filter(({ Sid }) => id !== undefined && Sid !== id);
      bus.policy = left.length === 0 ? undefined : { Statement: left };
      return {};
    },
    ListEventBuses: (input) => ({
      EventBuses: [...buses.values()]
        .filter(({ name }) => name.startsWith(optionalText(input, "NamePrefix") ?? ""))
        .map(({ name, arn }) => ({ Name: name, Arn: arn })),
    }),
    DeleteEventBus: (input) => {
      const name = text(input, "Name");
      if (name === "default") throw invalid("Cannot delete event bus default.");
      if ((buses.get(name)?.rules.size ?? 0) > 0) throw invalid("Event bus can't be deleted since it has rules.");
      buses.delete(name);
      return {};
    },
    PutRule: (input) => {
      const bus = busOf(input);
      const name = text(input, "Name");
      const pattern = optionalText(input, "EventPattern");
      if (!/^[.\-_A-Za-z0-9]{1,64}$/u.test(name)) throw invalid(`Invalid rule name ${name}`);
      if (pattern === undefined) throw invalid("A rule needs an EventPattern; ScheduleExpression is not emulated.");
      const arn = `${arnPrefix}:rule/${bus.name === "default" ? "" : `${bus.name}/`}${name}`;
      const description = optionalText(input, "Description");
      const state = optionalText(input, "State") ?? "ENABLED";
      if (!states.has(state)) throw invalid(`Invalid rule state ${state}`);
      bus.rules.set(name, {
        name,
        arn,
        busName: bus.name,
        pattern,
        matches: compilePattern(pattern),
        state,
        targets: bus.rules.get(name)?.targets ?? new Map(),
        ...defined({ description }),
      });
      return { RuleArn: arn };
    },
    DescribeRule: (input) => describeRule(ruleOf(input)),
    ListRules: (input) => ({
      Rules: [...busOf(input).rules.values()]
        .filter(({ name }) => name.startsWith(optionalText(input, "NamePrefix") ?? ""))
        .map(describeRule),
    }),
    ListRuleNamesByTarget: (input) => ({
      RuleNames: [...busOf(input).rules.values()]
        .filter(({ targets }) => [...targets.values()].some(({ arn }) => arn === text(input, "TargetArn")))
        .map(({ name }) => name),
    }),
    EnableRule: (input) => setState(input, "ENABLED"),
    DisableRule: (input) => setState(input, "DISABLED"),
    DeleteRule: (input) => {
      const bus = busOf(input);
      const name = text(input, "Name");
      if ((bus.rules.get(name)?.targets.size ?? 0) > 0) throw invalid("Rule can't be deleted since it has targets.");
      bus.rules.delete(name);
      return {};
    },
    PutTargets: (input) => {
      const { targets } = ruleOf(input, "Rule");
      const added = recordList(input, "Targets").map((definition) => ({
        id: text(definition, "Id"),
        target: readTarget(definition),
      }));
      if (new Set([...targets.keys(), ...added.map(({ id }) => id)]).size > 5) {
        throw new AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
      }
      for (const { id, target } of added) targets.set(id, target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: (input) => ({
      Targets: [...ruleOf(input, "Rule").targets.values()].map(({ definition }) => definition),
    }),
    RemoveTargets: (input) => {
      const { targets } = ruleOf(input, "Rule");
      for (const id of textList(input, "Ids")) targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    TestEventPattern: (input) => {
      const event: unknown = JSON.parse(text(input, "Event"));
      return { Result: compilePattern(text(input, "EventPattern"))(membersOf(event)) };
    },
  };

  return {
    operations,
    hasBus: (name: string): boolean => buses.has(name),
    policyOf: (name: string): PolicyDocument | undefined => buses.get(name)?.policy,
    matching: (busName: string, event: Members): readonly Rule[] =>
      [...(buses.get(busName)?.rules.values() ?? [])].filter(
        (rule) => isEnabled(rule.state, event) && rule.matches(event),
      ),
  };
}
