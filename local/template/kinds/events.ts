import { record, recordList, text, type Members } from "../../aws/members.ts";
import { readPolicyDocument } from "../../aws/policy-document.ts";
import type { PolicyStatement } from "../../aws/service.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { allowOnly, same, type Provider, type ResourceKind, type ResourceToDeploy, type Standing } from "./kind.ts";

export const eventBus: ResourceKind = {
  createOnly: ["Name"],
  name: { property: "Name", longest: 256, pattern: /^[\w./-]+$/u },
  async create(resource, provider) {
    allowOnly(resource, ["Name", "Description", "KmsKeyIdentifier", "Tags"]);
    const answer = await provider.call("events", "CreateEventBus", { Name: text(resource.properties, "Name") });
    return { ref: resource.name, attributes: { Arn: text(answer, "EventBusArn"), Name: resource.name } };
  },
  update: async (_resource, _provider, standing) => same(standing),
  async remove({ name }, provider) {
    await provider.call("events", "DeleteEventBus", { Name: name });
  },
};

async function otherStatements(
  provider: Provider,
  busName: string,
  statementId: string,
): Promise<readonly PolicyStatement[]> {
  const { Policy } = await provider.call("events", "DescribeEventBus", { Name: busName });
  const statements = typeof Policy === "string" ? [readPolicyDocument(Policy).Statement].flat() : [];
  return statements.filter(({ Sid }) => Sid !== statementId);
}

/** One statement of a bus's policy; other resources may have put theirs. */
async function putStatement(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  allowOnly(resource, ["EventBusName", "StatementId", "Statement"]);
  const EventBusName = text(resource.properties, "EventBusName");
  const StatementId = text(resource.properties, "StatementId");
  const others = await otherStatements(provider, EventBusName, StatementId);
  const Statement = [...others, { Sid: StatementId, ...record(resource.properties, "Statement") }];
  await provider.call("events", "PutPermission", { EventBusName, Policy: JSON.stringify({ Statement }) });
  return { ref: StatementId, attributes: {} };
}

export const eventBusPolicy: ResourceKind = {
  createOnly: ["EventBusName", "StatementId"],
  create: putStatement,
  update: putStatement,
  async remove({ properties }, provider) {
    const input = { EventBusName: text(properties, "EventBusName"), StatementId: text(properties, "StatementId") };
    await provider.call("events", "RemovePermission", input);
  },
};

/** A rule without a bus is on the default one. */
const busOf = ({ EventBusName }: Members): Members => (EventBusName === undefined ? {} : { EventBusName });
const isSchedule = (properties: Members): boolean => properties["ScheduleExpression"] !== undefined;

async function putRule(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  const { properties, name } = resource;
  // A schedule has no local effect: what it would send is sent by whoever runs the stack, when it is wanted.
  if (isSchedule(properties)) return { ref: name, attributes: { Arn: name } };
  allowOnly(resource, ["Name", "Description", "EventBusName", "EventPattern", "State", "Targets"]);
  const { Targets: targets = [], ...definition } = properties;
  const EventPattern = JSON.stringify(record(properties, "EventPattern"));
  const answer = await provider.call("events", "PutRule", { ...definition, Name: name, EventPattern });
  await provider.call("events", "PutTargets", { Rule: name, ...busOf(properties), Targets: targets });
  return { ref: name, attributes: { Arn: text(answer, "RuleArn") } };
}

const idsOf = (properties: Members): readonly string[] =>
  recordList(properties, "Targets").map((target) => text(target, "Id"));

async function removeRule({ properties, name }: Standing, provider: Provider): Promise<void> {
  if (isSchedule(properties)) return;
  await provider.call("events", "RemoveTargets", { ...busOf(properties), Rule: name, Ids: idsOf(properties) });
  await provider.call("events", "DeleteRule", { ...busOf(properties), Name: name });
}

/** A rule moves to another bus in an update: its name is all that cannot change. */
export const eventRule: ResourceKind = {
  createOnly: ["Name"],
  name: { property: "Name", longest: 64, pattern: /^[.\w-]+$/u },
  create: putRule,
  async update(resource, provider, standing) {
    const { properties } = resource;
    const moved = properties["EventBusName"] !== standing.properties["EventBusName"];
    if (moved || isSchedule(properties) !== isSchedule(standing.properties)) await removeRule(standing, provider);
    else if (!isSchedule(properties)) {
      const kept = new Set(idsOf(properties));
      const Ids = idsOf(standing.properties).filter((id) => !kept.has(id));
      await provider.call("events", "RemoveTargets", { ...busOf(properties), Rule: resource.name, Ids });
    }
    return putRule(resource, provider);
  },
  remove: removeRule,
};
