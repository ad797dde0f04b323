import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../stack.ts";
import type { StackRecord } from "./stacks.ts";

let stack: Stack;
let folder = "";
beforeAll(async () => {
  stack = await startStack({ concurrency: { limit: 10, unreserved: 10 } });
  folder = await mkdtemp(join(tmpdir(), "rekey-stacks-"));
  await writeFile(join(folder, "index.mjs"), "export const handler = async () => 1;");
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const { name } of stack.stacks.all()) await stack.stacks.remove(name);
});

const deploy = async (resources: string, parameters: Record<string, string> = {}): Promise<StackRecord> => {
  const declared = Object.keys(parameters).map((name) => `${name}: { Type: String }`);
  const body = `Transform: AWS::Serverless-2016-10-31\nParameters: { ${declared.join(", ")} }\nResources:\n${resources}`;
  return stack.stacks.deploy({ name: "app", body, folder, parameters });
};
const queues = (): string[] =>
  stack.sqs
    .queues()
    .map(({ name }) => name)
    .sort();
const steps = (): readonly string[] =>
  stack.stacks.find("app")?.events.map(({ status, logicalId }) => `${logicalId} ${status}`) ?? [];
const call = (service: "events" | "sqs", operation: string, input: Record<string, string>) =>
  (service === "sqs" ? stack.sqs : stack.eventBridge).handle({
    operation,
    input,
    region: "us-east-1",
    principal: stack.aws.principals.administrator,
    http: { method: "POST", path: "/", headers: {}, body: Buffer.alloc(0) },
  });
const queue = (id: string, more = ""): string => `  ${id}: { Type: AWS::SQS::Queue${more} }\n`;
const archive = (source: string): string =>
  `  A: { Type: AWS::Events::Archive, Properties: { ArchiveName: fixed, SourceArn: ${source} } }\n`;
const refused = "  Bad: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 99999 } }\n";

test("a stack that cannot be made leaves nothing, tells the first resource that failed, and must be deleted", async () => {
  await expect(deploy(queue("First") + refused)).rejects.toThrow(
    "Bad: Invalid value for the parameter VisibilityTimeout",
  );
  expect(queues()).toEqual([]);
  expect(stack.stacks.find("app")).toMatchObject({
    status: "ROLLBACK_COMPLETE",
    reason: expect.stringContaining("Bad"),
  });
  await expect(deploy(queue("First"))).rejects.toThrow("ROLLBACK_COMPLETE: delete it");
});

test("an update that fails puts everything back as it was", async () => {
  const visible = (seconds: number): string => queue("Kept", `, Properties: { VisibilityTimeout: ${seconds} }`);
  await deploy(visible(60) + queue("Gone"));
  await expect(deploy(visible(90) + queue("Added") + refused)).rejects.toThrow("Bad");
  expect(queues()).toEqual(["app-Gone", "app-Kept"]);
  expect(
    stack.sqs
      .queues()
      .find(({ name }) => name === "app-Kept")
      ?.attributes.get("VisibilityTimeout"),
  ).toBe("60");
  expect(stack.stacks.find("app")?.status).toBe("UPDATE_ROLLBACK_COMPLETE");
});

test("what an update cannot change is made again, then those that refer to it change, then the former one goes", async () => {
  const topic = (protocol: string): string =>
    `  T: { Type: AWS::SNS::Topic }\n${queue("Q")}  S: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref T, Protocol: ${protocol}, Endpoint: !GetAtt Q.Arn } }\n`;
  const first = await deploy(topic("sqs"));
  const second = await deploy(
    topic("sqs").replace("AWS::SNS::Topic }", "AWS::SNS::Topic, Properties: { TopicName: other } }"),
  );
  const topicOf = (record: StackRecord): string | undefined => record.resources.get("T")?.ref;
  expect([topicOf(first), topicOf(second)].map((arn) => arn?.split(":").at(-1))).toEqual(["app-T", "other"]);
  expect(second.resources.get("S")?.ref).toContain(":other:");
  expect(steps().slice(-6)).toEqual([
    "app UPDATE_IN_PROGRESS",
    "T UPDATE_COMPLETE",
    "S UPDATE_COMPLETE",
    "S DELETE_COMPLETE",
    "T DELETE_COMPLETE",
    "app UPDATE_COMPLETE",
  ]);
});

test("a resource with a name of its own cannot be replaced under that name", async () => {
  await deploy(archive("arn:one"));
  await expect(deploy(archive("arn:two"))).rejects.toThrow(
    "A: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename fixed",
  );
  await expect(deploy(archive("arn:two").replace("fixed", "renamed"))).resolves.toMatchObject({
    status: "UPDATE_COMPLETE",
  });
});

test("an update cannot make a resource one of another type", async () => {
  await deploy(queue("X"));
  await expect(deploy("  X: { Type: AWS::SNS::Topic }\n")).rejects.toThrow(
    "X: an update cannot make AWS::SQS::Queue into",
  );
});

test("DeletionPolicy and UpdateReplacePolicy keep what they name, and its name is then taken", async () => {
  const named = (name: string): string =>
    `  K: { Type: AWS::SQS::Queue, UpdateReplacePolicy: Retain, DeletionPolicy: Retain, Properties: { QueueName: ${name} } }\n`;
  await deploy(named("one"));
  await deploy(named("two"));
  await stack.stacks.remove("app");
  expect(queues()).toEqual(["one", "two"]);
  await expect(deploy(named("two"))).rejects.toThrow("K: a queue with the name two already exists");
  for (const { arn } of stack.sqs.queues()) await call("sqs", "DeleteQueue", { QueueUrl: arn.split(":").at(-1) ?? "" });
});

test("what cannot be deleted stays with its stack, which says why", async () => {
  const { name } = await deploy("  B: { Type: AWS::Events::EventBus, Properties: { Name: shared } }\n");
  const rule = { EventBusName: "shared", Name: "alien", EventPattern: '{"source":["a"]}' };
  await call("events", "PutRule", rule);
  await expect(stack.stacks.remove(name)).rejects.toThrow(
    "B: cannot be deleted: Event bus can't be deleted since it has rules.",
  );
  expect(stack.stacks.find(name)?.status).toBe("DELETE_FAILED");
  await call("events", "DeleteRule", rule);
  await stack.stacks.remove(name);
  expect(stack.stacks.find(name)).toBeUndefined();
});

const fn = (properties: string): string =>
  `  Fn: { Type: AWS::Serverless::Function, Properties: { CodeUri: ., Handler: index.handler${properties} } }\n`;
const withVariable = (bytes: number): string => fn(`, Environment: { Variables: { CA: "${"ü".repeat(bytes / 2)}" } }`);

test("a function's environment may have 4 KB, names and values counted as Lambda does", async () => {
  await expect(deploy(withVariable(4094))).resolves.toMatchObject({ status: "CREATE_COMPLETE" });
  await expect(deploy(withVariable(4096))).rejects.toThrow(
    "Fn: its environment has 4098 bytes, and Lambda takes 4096: shorten or move CA",
  );
});

test("in a fresh account no concurrency can be reserved", async () => {
  await expect(deploy(fn(", ReservedConcurrentExecutions: 5"))).rejects.toThrow(
    "Fn: Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
  );
});

test("a policy that changes holds for the function that stands, and a permission outlives its function's update", async () => {
  const withPolicy = (Effect: string, memory: number): string => `${fn(`, Role: !GetAtt R.Arn, MemorySize: ${memory}`)}
  R:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: ${Effect}, Action: "a:B", Resource: "*" }] } }]
  P: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Fn, Action: "lambda:InvokeFunction", Principal: events.amazonaws.com } }\n`;
  await deploy(withPolicy("Allow", 128));
  await deploy(withPolicy("Deny", 256));
  const arn = "arn:aws:lambda:us-east-1:123456789012:function:app-Fn";
  expect(JSON.stringify(stack.lambda.resourcePolicy?.(arn))).toContain("events.amazonaws.com");
  expect(steps()).toContain("R UPDATE_COMPLETE");
});

test("a stack within a stack gives its outputs, and goes with it", async () => {
  const inner = `Parameters: { Name: { Type: String } }\nResources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Name } } }\nOutputs: { Arn: { Value: !GetAtt Q.Arn } }`;
  await writeFile(join(folder, "inner.yaml"), inner);
  const nested =
    "  N: { Type: AWS::Serverless::Application, Properties: { Location: inner.yaml, Parameters: { Name: deep } } }\n";
  await deploy(
    `${nested}${queue("Q", ", Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt N.Outputs.Arn } }")}`,
  );
  expect(queues()).toEqual(["app-Q", "deep"]);
  await stack.stacks.remove("app");
  expect(queues()).not.toContain("deep");
  await expect(deploy(nested + refused)).rejects.toThrow("Bad");
  await writeFile(join(folder, "inner.yaml"), inner.replace("!Ref Name }", "!Ref Name, VisibilityTimeout: 99999 }"));
  await stack.stacks.remove("app");
  await expect(deploy(nested)).rejects.toThrow("N: Q: Invalid value");
  expect(stack.stacks.all().map(({ name }) => name)).toEqual(["app"]);
});
