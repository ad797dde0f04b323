import { isMembers, type Members } from "../../shared/answers/members.ts";
import { record, text } from "../aws/members.ts";
import { allowOnly } from "./kinds/kind.ts";
import { overlay } from "../../deploy/reading/overlay.ts";
import { TemplateError, type Template } from "../../deploy/reading/read-template.ts";

const present = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** Properties that Lambda's own resource has under the same name. */
const asTheyAre = [
  "Architectures",
  "Description",
  "Environment",
  "EphemeralStorage",
  "FunctionName",
  "Handler",
  "KmsKeyArn",
  "Layers",
  "LoggingConfig",
  "MemorySize",
  "RecursiveLoop",
  "ReservedConcurrentExecutions",
  "Runtime",
  "Timeout",
  "VpcConfig",
];
const known = [...asTheyAre, "CodeUri", "EventInvokeConfig", "Events", "Role", "Tags", "Tracing"];

type Resources = Readonly<Record<string, Members>>;
/** Makes a resource that has the function's condition. */
type Make = (type: string, properties: Members) => Members;

const arnOf = (logicalId: string): Members => ({ "Fn::GetAtt": [logicalId, "Arn"] });

/** SAM's names of a place in a bucket, as CloudFormation has them. */
const codeOf = (code: unknown): unknown => (isMembers(code) ? { S3Bucket: code["Bucket"], S3Key: code["Key"] } : code);

/** The rule of an `EventBridgeRule` event, and the permission that it needs. */
function ruleOf(id: string, functionId: string, properties: Members, make: Make): Resources {
  const { Pattern, EventBusName, State, RetryPolicy, DeadLetterConfig, ...others } = properties;
  allowOnly({ logicalId: id, properties: others }, []);
  const target = present({ Id: id, Arn: arnOf(functionId), RetryPolicy, DeadLetterConfig });
  return {
    [id]: make("AWS::Events::Rule", present({ EventPattern: Pattern, EventBusName, State, Targets: [target] })),
    [`${id}Permission`]: make("AWS::Lambda::Permission", {
      Action: "lambda:InvokeFunction",
      FunctionName: { Ref: functionId },
      Principal: "events.amazonaws.com",
      SourceArn: arnOf(id),
    }),
  };
}

function eventsOf(functionId: string, events: Members, make: Make): Resources {
  return Object.fromEntries(
    Object.entries(events).flatMap(([eventId, event]) => {
      const id = `${functionId}${eventId}`;
      const type = isMembers(event) ? text(event, "Type") : "";
      const properties = isMembers(event) ? record(event, "Properties") : {};
      if (type === "EventBridgeRule") return Object.entries(ruleOf(id, functionId, properties, make));
      if (type !== "SQS") throw new TemplateError(`${id}: events of type ${type} are not supported`);
      const { Queue, ...settings } = properties;
      const mapping = { ...settings, EventSourceArn: Queue, FunctionName: { Ref: functionId } };
      return [[id, make("AWS::Lambda::EventSourceMapping", mapping)]];
    }),
  );
}

/** The role that SAM makes for a function that names none: it may write logs, which needs no right here. */
const ownRole: Members = {
  AssumeRolePolicyDocument: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  },
};

function invokeConfigOf(functionId: string, config: Members): Members {
  const { DestinationConfig, ...others } = config;
  const destinations = Object.entries(isMembers(DestinationConfig) ? DestinationConfig : {}).map(([on, value]) => [
    on,
    isMembers(value) ? { Destination: value["Destination"] } : value,
  ]);
  return {
    ...others,
    DestinationConfig: Object.fromEntries(destinations),
    FunctionName: { Ref: functionId },
    Qualifier: "$LATEST",
  };
}

function functionResources(id: string, resource: Members, globals: Members): Resources {
  const { Type: _type, Properties: _own, ...attributes } = resource;
  const properties = overlay(globals, record(resource, "Properties")) as Members;
  allowOnly({ logicalId: id, properties }, known);
  const { Condition } = attributes;
  const make: Make = (type, made) => present({ Type: type, Condition, Properties: made });
  const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => asTheyAre.includes(name)));
  const { Role, Tracing } = properties;
  const roleId = `${id}Role`;
  const invokeConfig = properties["EventInvokeConfig"];
  return {
    ...(Role === undefined ? { [roleId]: make("AWS::IAM::Role", ownRole) } : {}),
    [id]: {
      ...attributes,
      Type: "AWS::Lambda::Function",
      Properties: present({
        ...kept,
        Code: codeOf(properties["CodeUri"]),
        Role: Role ?? arnOf(roleId),
        TracingConfig: Tracing === undefined ? undefined : { Mode: Tracing },
      }),
    },
    ...(isMembers(invokeConfig)
      ? {
          [`${id}EventInvokeConfig`]: make("AWS::Lambda::EventInvokeConfig", invokeConfigOf(id, invokeConfig)),
        }
      : {}),
    ...eventsOf(id, record(properties, "Events"), make),
  };
}

/** What SAM makes of an application of its own: a stack within the stack. */
const nestedStack = ({ Properties, ...resource }: Members): Members => {
  const { Location, ...others } = isMembers(Properties) ? Properties : {};
  return { ...resource, Type: "AWS::CloudFormation::Stack", Properties: { ...others, TemplateURL: Location } };
};

/**
 * A template's resources as the transform `AWS::Serverless-2016-10-31` leaves them for CloudFormation. Errors:
 * `TemplateError` for SAM's types in a template without the transform.
 */
export function transformed({ Transform, Globals, Resources }: Template): Resources {
  const isSam = Transform.includes("AWS::Serverless-2016-10-31");
  return Object.fromEntries(
    Object.entries(Resources).flatMap(([id, resource]) => {
      const type = String(resource["Type"]);
      if (!type.startsWith("AWS::Serverless::")) return [[id, resource]];
      if (!isSam)
        throw new TemplateError(`${id}: ${type} needs the template's Transform to be AWS::Serverless-2016-10-31`);
      if (type === "AWS::Serverless::Function")
        return Object.entries(functionResources(id, resource, record(Globals, "Function")));
      return [[id, type === "AWS::Serverless::Application" ? nestedStack(resource) : resource]];
    }),
  );
}
