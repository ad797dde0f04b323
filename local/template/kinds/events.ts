import type { Members } from "../../../shared/answers/members.ts";
import { record, recordList, text } from "../../aws/members.ts";
import { readPolicyDocument } from "../../aws/policy-document.ts";
import type { PolicyStatement } from "../../aws/service.ts";
import type { DeployedResource } from "../intrinsics.ts";
import {
  allowOnly,
  type ExistingResource,
  same,
  type Provider,
  type ResourceKind,
  type ResourceToDeploy,
} from "./kind.ts";
import { defined } from "../../../shared/secrets/defined.ts";

export const eventBus: ResourceKind = {
  createOnly: ["Name"],
  name: { property: "Name", longest: 256, pattern: /^[\w./-]+$/u },
  async create(resource, provider) {
    allowOnly(resource, ["Name", "Description", "KmsKeyIdentifier", "Tags"]);
    const answer = await provider.call("events", "CreateEventBus", { Name: text(resource.properties, "Name") });
    return { ref: resource.name, attributes: { Arn: text(answer, "EventBusArn"), Name: resource.name } };
  },
  update: async (_resource, _provider, existing) => same(existing),
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
const busOf = ({ EventBusName }: Members): Members => defined({ EventBusName });
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

async function removeRule({ properties, name }: ExistingResource, provider: Provider): Promise<void> {
  if (isSchedule(properties)) return;
  await provider.call("events", "RemoveTargets", { ...busOf(properties), Rule: name, Ids: idsOf(properties) });
  await provider.call("events", "DeleteRule", { ...busOf(properties), Name: name });
}

/** A rule moves to another bus in an update: its name is all that cannot change. */
export const eventRule: ResourceKind = {
  createOnly: ["Name"],
  name: { property: "Name", longest: 64, pattern: /^[.\w-]+$/u },
  create: putRule,
  async update(resource, provider, existing) {
    const { properties } = resource;
    const moved = properties["EventBusName"] !== existing.properties["EventBusName"];
    if (moved || isSchedule(properties) !== isSchedule(existing.properties)) await removeRule(existing, provider);
    else if (!isSchedule(properties)) {
      const kept = new Set(idsOf(properties));
      const Ids = idsOf(existing.properties).filter((id) => !kept.has(id));
      await provider.call("events", "RemoveTargets", { ...busOf(properties), Rule: resource.name, Ids });
    }
    return putRule(resource, provider);
  },
  remove: removeRule,
};
