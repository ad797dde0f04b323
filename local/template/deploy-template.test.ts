import { expect, test } from "vitest";
import type { Members } from "../../shared/answers/members.ts";
import type { FunctionDefinition } from "../lambda/deployed-function.ts";
import { AwsError } from "../aws/service.ts";
import { applyTemplate, type TemplateDeployment } from "./deploy-template.ts";
import { createRoles } from "./kinds/roles.ts";
import { prepare } from "./prepare.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";

interface Deployed extends TemplateDeployment {
  readonly calls: readonly (readonly [string, Members])[];
  readonly functions: readonly FunctionDefinition[];
}

async function deploy(yaml: string, parameters: Record<string, string> = {}): Promise<Deployed> {
  const calls: [string, Members][] = [];
  const functions: FunctionDefinition[] = [];
  const answers: Record<string, Members> = {
    CreateEventBus: { EventBusArn: "arn:bus" },
    CreateQueue: { QueueUrl: "http://queue" },
    GetQueueAttributes: { Attributes: { QueueArn: "arn:queue" } },
    PutRule: { RuleArn: "arn:rule" },
  };
  const absent: Record<string, string> = { GetQueueUrl: "QueueDoesNotExist", GetFunction: "ResourceNotFoundException" };
  const place = {
    stackName: "app",
    firstNumber: 1,
    stackId: "arn:stack/app",
    region: "eu-west-1",
    accountId: "111122223333",
  };
  const template = readTemplate(`Transform: AWS::Serverless-2016-10-31\n${yaml}`);
  const deployment = await applyTemplate(
    prepare(template, parameters, place),
    new Map(),
    {
      ...place,
      roles: createRoles(),
      recorded: new Map(),
      environment: { EXTRA: "1" },
      codeFolder: async (code) => `/here/${String(code)}`,
      mapQueue(name, queueArn, settings) {
        calls.push(["mapQueue", { name, queueArn, ...settings }]);
        return "mapping";
      },
      unmapQueue: () => undefined,
      async call(_service, operation, input) {
        const missing = absent[operation];
        if (missing !== undefined) throw new AwsError(missing, "there is none");
        calls.push([operation, input]);
        return answers[operation] ?? {};
      },
      async deployFunction(definition) {
        functions.push(definition);
        return `arn:function:${definition.name}`;
      },
      removeFunction: async () => true,
      nested: { deploy: async () => ({ ref: "nested", attributes: {} }), remove: async () => undefined },
    },
    () => undefined,
  );
  return { ...deployment, calls, functions };
}

const queue = (body: string): string => `
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: ${body}
`;
const output = (value: string, more = ""): string => `
Parameters:
  Name: { Type: String, Default: blue }
  Empty: { Type: CommaDelimitedList, Default: "" }
  Two: { Type: CommaDelimitedList, Default: "a, b" }
Conditions:
  IsBlue: !Equals [!Ref Name, blue]
  HasTwo: !Not [!Equals [!Join ["", !Ref Two], ""]]
  Neither: !And [!Condition IsBlue, !Or [!Equals [a, b], !Not [!Condition HasTwo]]]
Resources:
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: bus } }
Outputs:
  Value: { Value: ${value} ${more}}
`;

test.each([
  ["!Ref Name", "blue"],
  ["!Ref AWS::Region", "eu-west-1"],
  ["!GetAtt Bus.Arn", "arn:bus"],
  ["{ Ref: Bus }", "bus"],
  ['!Sub "${AWS::StackName}/${Name}/${Bus}/${Bus.Arn}/${!Literal}"', "app/blue/bus/arn:bus/${Literal}"],
  ['!Sub ["${A}-${Name}", { A: !Ref AWS::AccountId }]', "111122223333-blue"],
  ['!Join ["+", !Ref Two]', "a+b"],
  ['!Join ["+", [x, !If [Neither, y, !Ref AWS::NoValue], z]]', "x+z"],
  ['!Select [1, !Split [",", "a,b"]]', "b"],
  ["!If [IsBlue, yes, no]", "yes"],
])("the function %s gives %s", async (value, expected) => {
  expect((await deploy(output(value))).outputs).toEqual({ Value: expected });
});

test("an output under a false condition is left out, and a parameter given wins over its default", async () => {
  expect((await deploy(output("x", ", Condition: Neither"))).outputs).toEqual({});
  expect((await deploy(output("!Ref Name"), { Name: "red" })).outputs).toEqual({ Value: "red" });
});

test("resources are made in the order in which they refer to each other, and those under a false condition are not", async () => {
  const { calls } = await deploy(`
Conditions: { Never: !Equals [a, b] }
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: { source: [rekey] }
      Targets: [{ Id: q, Arn: !GetAtt Queue.Arn }]
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 60, RedrivePolicy: { maxReceiveCount: 5 } } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: rekey } }
  Never: { Type: AWS::SQS::Queue, Condition: Never }
  Logs: { Type: AWS::Logs::LogGroup }
`);
  expect(calls).toEqual([
    ["CreateEventBus", { Name: "rekey" }],
    [
      "CreateQueue",
      { QueueName: "app-Queue", Attributes: { VisibilityTimeout: "60", RedrivePolicy: '{"maxReceiveCount":5}' } },
    ],
    ["GetQueueAttributes", { QueueUrl: "http://queue", AttributeNames: ["QueueArn"] }],
    ["PutRule", { Name: "app-Rule", EventBusName: "rekey", EventPattern: '{"source":["rekey"]}' }],
    ["PutTargets", { Rule: "app-Rule", EventBusName: "rekey", Targets: [{ Id: "q", Arn: "arn:queue" }] }],
  ]);
});

const fn = (properties: string): string => `
Globals: { Function: { Handler: index.handler, Timeout: 7, Environment: { Variables: { A: 1, B: 2 } } } }
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: dist/fn
${properties}`;

test("a function has its bundle, its globals with its own properties over them, its role's policies and its events", async () => {
  const { functions, calls, outputs } = await deploy(`${fn(`
      Environment: { Variables: { B: three } }
      Role: !GetAtt Role.Arn
      Events:
        Feed: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, BatchSize: 5 } }
        Native: { Type: EventBridgeRule, Properties: { Pattern: { source: [aws.secretsmanager] } } }
`)}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: fn
          PolicyDocument: { Statement: [{ Effect: Allow, Action: "a:B", Resource: !GetAtt Queue.Arn }] }
Outputs: { Arn: { Value: !GetAtt Fn.Arn } }`);
  expect(functions).toMatchObject([
    {
      name: "app-Fn",
      bundlePath: "/here/dist/fn/index.mjs",
      handler: "index.handler",
      timeoutMs: 7_000,
      environment: { A: "1", B: "three", EXTRA: "1" },
      policies: [{ Statement: [{ Effect: "Allow", Action: "a:B", Resource: "arn:queue" }] }],
    },
  ]);
  expect(outputs).toEqual({ Arn: "arn:function:app-Fn" });
  expect(calls.slice(2)).toEqual([
    ["mapQueue", { name: "app-Fn", queueArn: "arn:queue", BatchSize: 5 }],
    ["PutRule", { Name: "app-FnNative", EventPattern: '{"source":["aws.secretsmanager"]}' }],
    ["PutTargets", { Rule: "app-FnNative", Targets: [{ Id: "FnNative", Arn: "arn:function:app-Fn" }] }],
    [
      "AddPermission",
      {
        FunctionName: "app-Fn",
        StatementId: "app-FnNativePermission",
        Action: "lambda:InvokeFunction",
        Principal: "events.amazonaws.com",
        SourceArn: "arn:rule",
      },
    ],
  ]);
});

test.each([
  [
    "a resource of an unknown type",
    "Resources: { X: { Type: AWS::EC2::Instance } }",
    "AWS::EC2::Instance are not supported",
  ],
  ["an unknown section", "Mappings: {}", "section Mappings is not supported"],
  ["broken YAML", "Resources: {", "Flow map"],
  ["a name that nothing has", output("!Ref Nobody"), "called Nobody"],
  ["an attribute that nothing has", output("!GetAtt Bus.Colour"), "no attribute Colour"],
  ["an unknown function", output("!Cidr [a]"), "Fn::Cidr is not supported"],
  ["an unknown condition", output("!If [Nope, a, b]"), "no condition Nope"],
  ["a circle", queue("{ QueueName: !GetAtt Queue.QueueName }"), "refers to itself"],
  ["a property that means nothing here", fn("      SnapStart: { ApplyOn: None }"), "SnapStart is not supported"],
  ["a role of somebody else's", fn("      Role: arn:aws:iam::1:role/x"), "its role is none of this account"],
  ["policies without a role", fn("      Policies: [AdministratorAccess]"), "the property Policies is not supported"],
  ["an unknown event", fn("      Events: { E: { Type: Api } }"), "events of type Api"],
])("refuses %s", async (_name, yaml, message) => {
  await expect(deploy(yaml)).rejects.toThrow(message);
});

test.each([
  ["one that the template does not have", { Colour: "blue" }, "no parameter Colour"],
  ["one that is not allowed", { Size: "huge" }, "is none of small, large"],
  ["one that does not match, without printing it", { Arn: "not-an-arn" }, "Arn: the value does not match"],
  ["none where one is needed", {}, "Needed has no value"],
  ["those that the template's own rules refuse", { Needed: "1", Size: "large" }, "large needs an ARN"],
])("refuses a parameter: %s", async (_name, parameters, message) => {
  const template = `
Parameters:
  Size: { Type: String, Default: small, AllowedValues: [small, large] }
  Arn: { Type: String, Default: "", AllowedPattern: (arn:.+)? }
  Needed: { Type: String }
Rules:
  Large:
    RuleCondition: !Equals [!Ref Size, large]
    Assertions: [{ Assert: !Not [!Equals [!Ref Arn, ""]], AssertDescription: large needs an ARN }]
Resources: {}`;
  await expect(deploy(template, parameters)).rejects.toThrow(message);
});
