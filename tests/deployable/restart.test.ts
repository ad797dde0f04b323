import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateFunctionCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventBridgePublisher } from "../../shared/publishers/eventbridge.ts";
import { awsServers, type AwsUnderTest } from "../support/aws-servers.ts";
import { freePort } from "../support/free-port.ts";
import { inTime } from "../support/mirror-entries.ts";
import { outsideProgram } from "../support/outside-program.ts";

const aws = outsideProgram("REKEY_AWS_CLI", "PyPI: awscli");
const ministack = awsServers.find(({ name }) => name === "ministack");
const secretArn = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const slow = { timeout: 60_000 };

/** What ministack does not do as a task of Step Functions: PublishVersion. So the function is restarted without an alias. */
describe.skipIf(aws === undefined || ministack?.absent !== false)("restarts on ministack's Step Functions", () => {
  let server: AwsUnderTest;
  let events: EventBridgeClient;
  let lambda: LambdaClient;
  let home = "";

  async function cli(...words: string[]): Promise<string> {
    const { endpoint, region, credentials } = server.clientConfig;
    const env = {
      PATH: process.env["PATH"],
      HOME: home,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    return (await promisify(execFile)(aws ?? "", words, { env, cwd: home })).stdout;
  }
  const deploy = async (name: string, ...settings: string[]): Promise<void> => {
    const file = resolve(import.meta.dirname, `../../templates/subscribers/${name}.yaml`);
    const words = ["--stack-name", name, "--template-file", file, "--capabilities", "CAPABILITY_IAM"];
    const given = [`SecretArnPattern=${secretArn("orders/*").replace("-AbCdEf", "")}`, "GatherSeconds=15", ...settings];
    await cli("cloudformation", "deploy", ...words, "--parameter-overrides", ...given);
  };
  const executions = async (stack: string): Promise<readonly { executionArn: string; status: string }[]> => {
    const query = ["--query", "Stacks[0].Outputs[0].OutputValue", "--output", "text"];
    const machine = (await cli("cloudformation", "describe-stacks", "--stack-name", stack, ...query)).trim();
    const listed = await cli("stepfunctions", "list-executions", "--state-machine-arn", machine, "--output", "json");
    return (JSON.parse(listed) as { executions: { executionArn: string; status: string }[] }).executions;
  };
  /** Once `count` executions have ended: how they ended, and how many of them came into this state. */
  async function ended(stack: string, count: number, state: string) {
    const statuses = async (): Promise<readonly string[]> => (await executions(stack)).map(({ status }) => status);
    await expect.poll(statuses, { ...slow, interval: 500 }).toEqual(Array.from({ length: count }, () => "SUCCEEDED"));
    let entered = 0;
    for (const { executionArn } of await executions(stack)) {
      const history = await cli("stepfunctions", "get-execution-history", "--execution-arn", executionArn);
      if (history.includes(`"name": "${state}"`)) entered += 1;
    }
    return entered;
  }
  const rotate = async (...names: readonly string[]): Promise<void> => {
    const facts = { origin: "rotation", engine: "postgres", strategy: "single-user" } as const;
    const versionId = "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e";
    for (const secretName of names) {
      const ids = { secretArn: secretArn(secretName), secretName, versionId };
      await eventBridgePublisher(events, "rekey").publish({ type: "Secret Rotated", ...ids, ...facts }, inTime());
    }
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "rekey-restart-"));
    server = await (ministack ?? expect.fail("no ministack")).start(await freePort());
    events = new EventBridgeClient(server.clientConfig);
    lambda = new LambdaClient(server.clientConfig);
    await events.send(new CreateEventBusCommand({ Name: "rekey" }));
    await cli("ecs", "create-cluster", "--cluster-name", "main");
    await writeFile(join(home, "task.json"), '[{"name":"app","image":"app","memory":64}]');
    await cli("ecs", "register-task-definition", "--family", "app", "--container-definitions", "file://task.json");
    const service = ["--cluster", "main", "--service-name", "orders", "--task-definition", "app"];
    await cli("ecs", "create-service", ...service, "--desired-count", "1");
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "reader",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::123456789012:role/reader",
        Code: { ZipFile: Buffer.concat([Buffer.from("PK\u0005\u0006", "latin1"), Buffer.alloc(18)]) },
      }),
    );
    await deploy("restart-service", "Cluster=main", "Service=orders");
    await deploy("restart-function", "FunctionName=reader");
    await rotate("other/app", "orders/a", "orders/b", "orders/c");
  }, 120_000);
  afterAll(async () => {
    events.destroy();
    lambda.destroy();
    await server.stop();
    await rm(home, { recursive: true });
  });

  test(
    "three rotations at once of a service's secrets, and one of another's, are one new deployment",
    slow,
    async () => {
      const deployments = ["--query", "services[0].deployments[?status=='PRIMARY'].id", "--output", "text"];
      expect(await ended("restart-service", 3, "NewDeployment")).toBe(1);
      const primary = await cli(
        "ecs",
        "describe-services",
        "--cluster",
        "main",
        "--services",
        "orders",
        ...deployments,
      );
      const made = await cli(
        "stepfunctions",
        "describe-execution",
        "--execution-arn",
        (await executions("restart-service"))[0]?.executionArn ?? "",
      );
      expect(made).toContain(primary.trim());
    },
  );

  test(
    "they change a function's configuration once, which is what makes Lambda replace its environments",
    slow,
    async () => {
      expect(await ended("restart-function", 3, "Refresh")).toBe(1);
      const { Description } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "reader" }));
      expect(Description).toBe("Restarted by rekey for version 5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e");
    },
  );
});
