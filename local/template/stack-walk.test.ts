import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { resolve } from "node:path";
import { packageRoot } from "../package-root.ts";
import { startStack, type Stack } from "../stack.ts";

let stack: Stack;
let events: EventBridgeClient;
beforeAll(async () => {
  stack = await startStack({ concurrency: { limit: 10, unreserved: 10 } });
  events = new EventBridgeClient(stack.clientConfig);
});
afterAll(async () => {
  events.destroy();
  await stack.stop();
});
afterEach(async () => {
  for (const { name } of stack.stacks.all()) await stack.stacks.remove(name);
});

const secrets = { SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*", VaultAddress: "" };
const vault = {
  VaultAddress: "https://vault.example.com:8200",
  VaultAuth: "token",
  VaultCredentialSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:vault-AbCdEf",
};
const file = (name: string): string => resolve(packageRoot, "templates", `${name}.yaml`);
const deploy = (stackName: string, parameters: Record<string, string>) => stack.deploy({ stackName, parameters });
const named = (type: string): readonly string[] =>
  [...(stack.stacks.find("rekey")?.resources.values() ?? [])]
    .filter((resource) => resource.type === type)
    .map(({ name }) => name);
const ruleIn = async (EventBusName: string): Promise<number> =>
  (await events.send(new ListRulesCommand({ EventBusName }))).Rules?.length ?? 0;

test("dev and then prod stand in one fresh account, each with a bus of its own", async () => {
  const dev = await deploy("rekey-dev", { ...secrets, LogRetentionDays: "7", Tracing: "Active" });
  const prod = await deploy("rekey", { ...secrets, LogRetentionDays: "365" });
  expect([dev.outputs["EventBusName"], prod.outputs["EventBusName"]]).toEqual(["rekey-dev", "rekey"]);
});

test("a fresh account has no concurrency to reserve, and is left as it was", async () => {
  const before = left();
  await expect(deploy("rekey", { ...secrets, ReservedConcurrency: "5" })).rejects.toThrow(
    "below its minimum value of [10]",
  );
  expect(left()).toEqual(before);
});

test("a Vault that is added later brings its function, and an update without a change changes nothing", async () => {
  const before = await deploy("rekey", secrets);
  expect(named("AWS::Lambda::Function")).not.toContain("rekey-mirror-to-vault");
  const after = await deploy("rekey", { ...secrets, ...vault });
  expect(named("AWS::Lambda::Function")).toContain("rekey-mirror-to-vault");
  expect(after.outputs["SecretRotatedTopicArn"]).toBe(before.outputs["SecretRotatedTopicArn"]);
  const request = stack.stacks.find("rekey")?.request;
  expect(request && stack.stacks.plan(request)).toEqual([]);
});

test("a VPC is added to functions that stay, with endpoints that outlive them", async () => {
  const before = await deploy("rekey", secrets);
  const vpc = {
    VpcId: "vpc-01234567",
    VpcCidr: "10.0.0.0/16",
    SubnetIds: "subnet-01234567",
    RouteTableIds: "rtb-01234567",
  };
  await stack.deploy({ templatePath: file("vpc-endpoints"), stackName: "endpoints", parameters: vpc });
  const inVpc = { VpcSubnetIds: "subnet-01234567", VpcSecurityGroupIds: "sg-01234567" };
  const after = await deploy("rekey", { ...secrets, ...inVpc });
  expect(after.outputs["RotatePostgresArn"]).toBe(before.outputs["RotatePostgresArn"]);
  await stack.stacks.remove("rekey");
  expect([...stack.recorded.keys()].filter((key) => key.startsWith("AWS::EC2::VPCEndpoint"))).not.toEqual([]);
});

test("a bus that is renamed is made again with all its rules, and the former one is gone", async () => {
  await deploy("rekey", secrets);
  const rules = await ruleIn("rekey");
  const { outputs } = await deploy("rekey", { ...secrets, EventBusName: "secrets" });
  expect(rules).toBeGreaterThan(0);
  expect([outputs["EventBusName"], await ruleIn("secrets")]).toEqual(["secrets", rules]);
  await expect(ruleIn("rekey")).rejects.toThrow("does not exist");
});

test("a KMS key that is added later encrypts the queues and the topic that stand", async () => {
  const before = await deploy("rekey", secrets);
  const key = await stack.deploy({ templatePath: file("data-key"), stackName: "rekey-key" });
  const DataKmsKeyArn = key.outputs["KeyArn"] ?? "";
  const { outputs } = await deploy("rekey", { ...secrets, DataKmsKeyArn });
  expect(outputs["SecretRotatedTopicArn"]).toBe(before.outputs["SecretRotatedTopicArn"]);
  const names = named("AWS::SQS::Queue");
  const queues = stack.sqs.queues().filter(({ name }) => names.includes(name));
  expect(new Set(queues.map(({ attributes }) => attributes.get("KmsMasterKeyId")))).toEqual(new Set([DataKmsKeyArn]));
  await stack.stacks.remove("rekey-key");
  expect(stack.kms.keys()).toContain(DataKmsKeyArn);
});

test("when the stack is removed, nothing is left but what it says is kept", async () => {
  const before = new Set(left());
  await deploy("rekey", { ...secrets, ...vault });
  const kept = [...(stack.stacks.find("rekey")?.resources.values() ?? [])]
    .filter(({ onDelete }) => onDelete !== "Delete")
    .map(({ name }) => name);
  await stack.stacks.remove("rekey");
  expect(kept.length).toBeGreaterThan(0);
  expect(left().filter((name) => !before.has(name) && !kept.includes(name))).toEqual([]);
  await expect(deploy("rekey", secrets)).resolves.toBeDefined();
});

/** The names of everything that stands, however it was made. */
function left(): readonly string[] {
  const recorded = [...stack.recorded.keys()].map((key) => key.slice(key.indexOf(" ") + 1));
  return [...recorded, ...stack.sqs.queues().map(({ name }) => name)];
}
