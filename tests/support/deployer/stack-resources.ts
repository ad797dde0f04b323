import { isMembers, type Members } from "../../../shared/answers/members.ts";
import { record, text } from "../../../local/aws/members.ts";
import { resolve, type DeployedResource, type Scope } from "../../../local/template/intrinsics.ts";
import type { Template } from "../../../deploy/reading/read-template.ts";
import { wholeScope } from "../template-policies.ts";

/** A resource that CloudFormation makes, after SAM's macro. */
export interface StackResource {
  readonly type: string;
  readonly logicalId: string;
  readonly properties: Members;
}

function ofFunction(logicalId: string, properties: Members, globals: Members): readonly StackResource[] {
  const mappings = Object.entries(record(properties, "Events")).map(([eventId, event]): StackResource => {
    if (!isMembers(event) || event["Type"] !== "SQS") throw new Error(`${logicalId}: ${eventId} is not of a queue`);
    const own = { ...record(event, "Properties"), FunctionName: { Ref: logicalId } };
    return { type: "AWS::Lambda::EventSourceMapping", logicalId: `${logicalId}${eventId}`, properties: own };
  });
  return [{ type: "AWS::Lambda::Function", logicalId, properties: { ...globals, ...properties } }, ...mappings];
}

export function stackResources(template: Template): readonly StackResource[] {
  const globals = record(template.Globals, "Function");
  return Object.entries(template.Resources).flatMap(([logicalId, resource]): readonly StackResource[] => {
    const type = text(resource, "Type");
    const properties = record(resource, "Properties");
    if (type === "AWS::Serverless::Function") return ofFunction(logicalId, properties, globals);
    if (type === "AWS::Serverless::Application") {
      return [{ type: "AWS::CloudFormation::Stack", logicalId, properties }];
    }
    if (type.startsWith("AWS::Serverless::")) throw new Error(`${logicalId}: what is a ${type} made of?`);
    return [{ type, logicalId, properties }];
  });
}

const place = "us-east-1:123456789012";

interface Kind {
  /** The property that names a resource of the type; without one CloudFormation makes up a name. */
  readonly name?: string;
  readonly arn: (name: string, path: string) => string;
}

/** The types whose resources have a name in their ARN. */
const kinds: Readonly<Record<string, Kind>> = {
  "AWS::CloudFormation::Stack": { arn: (name) => `arn:aws:cloudformation:${place}:stack/${name}/0f1e2d3c` },
  "AWS::CloudWatch::Alarm": { name: "AlarmName", arn: (name) => `arn:aws:cloudwatch:${place}:alarm:${name}` },
  "AWS::CloudWatch::Dashboard": {
    name: "DashboardName",
    arn: (name) => `arn:aws:cloudwatch::123456789012:dashboard/${name}`,
  },
  "AWS::DynamoDB::Table": { name: "TableName", arn: (name) => `arn:aws:dynamodb:${place}:table/${name}` },
  "AWS::Events::Archive": { name: "ArchiveName", arn: (name) => `arn:aws:events:${place}:archive/${name}` },
  "AWS::Events::EventBus": { name: "Name", arn: (name) => `arn:aws:events:${place}:event-bus/${name}` },
  "AWS::Events::Rule": { name: "Name", arn: (name) => `arn:aws:events:${place}:rule/${name}` },
  "AWS::EventSchemas::Registry": { name: "RegistryName", arn: (name) => `arn:aws:schemas:${place}:registry/${name}` },
  "AWS::IAM::ManagedPolicy": {
    name: "ManagedPolicyName",
    arn: (name, path) => `arn:aws:iam::123456789012:policy${path}${name}`,
  },
  "AWS::IAM::Role": { name: "RoleName", arn: (name, path) => `arn:aws:iam::123456789012:role${path}${name}` },
  "AWS::Lambda::EventSourceMapping": { arn: () => `arn:aws:lambda:${place}:event-source-mapping:0f1e2d3c` },
  "AWS::Lambda::Function": { name: "FunctionName", arn: (name) => `arn:aws:lambda:${place}:function:${name}` },
  "AWS::Logs::LogGroup": { name: "LogGroupName", arn: (name) => `arn:aws:logs:${place}:log-group:${name}:*` },
  "AWS::SNS::Topic": { name: "TopicName", arn: (name) => `arn:aws:sns:${place}:${name}` },
  "AWS::SQS::Queue": { name: "QueueName", arn: (name) => `arn:aws:sqs:${place}:${name}` },
};

/** The scope in which each resource has the name and ARN that it gets on AWS. A reference to it is its ARN. */
export function namedScope(template: Template, given: Readonly<Record<string, string>> = {}): Scope {
  const scope = { ...wholeScope(template, given), resources: new Map() };
  const made = stackResources(template).flatMap(({ type, logicalId, properties }): [string, DeployedResource][] => {
    const kind = kinds[type];
    if (kind === undefined) return [];
    const given = (property = "", otherwise: string): string => {
      const value = resolve(properties[property], scope);
      return typeof value === "string" ? value : otherwise;
    };
    const name = given(kind.name, `rekey-${logicalId}-1A2B3C4D5E6F`);
    const Arn = kind.arn(name, given("Path", "/"));
    const attributes = { Arn, QueueName: name, RegistryName: name };
    return [[logicalId, { ref: Arn, attributes }]];
  });
  return { ...scope, resources: new Map(made) };
}
