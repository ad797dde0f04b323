import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { eventBridgePublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import { awsServers } from "./aws-servers.ts";
import { freePort } from "./free-port.ts";
import { inTime } from "./mirror-entries.ts";
import { outsideProgram } from "./outside-program.ts";

const aws = outsideProgram("REKEY_AWS_CLI", "PyPI: awscli");
const ministack = awsServers.find(({ name }) => name === "ministack");
export const canRestart = aws !== undefined && ministack?.absent === false;

export interface NamedVersion {
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
}

export interface RestartStage {
  readonly lambda: LambdaClient;
  cli(...words: string[]): Promise<string>;
  /** Deploys a template of `templates/subscribers`. */
  deploy(name: string, ...settings: string[]): Promise<void>;
  /** A new secret, and its version that is AWSCURRENT. */
  createSecret(secretName: string): Promise<NamedVersion>;
  /** Tells of versions, as a rotation does. */
  tell(...versions: readonly NamedVersion[]): Promise<void>;
  /** Each execution of a stack's state machine, `Restart` or `Notice`: how it stands. */
  executions(stack: string, machine: string): Promise<readonly { executionArn: string; status: string }[]>;
  stop(): Promise<void>;
}

/** An ECS service `main/orders` and a function `reader` on ministack, which has Step Functions, and a bus `rekey`. */
export async function startRestartStage(): Promise<RestartStage> {
  if (ministack === undefined) throw new Error("no ministack");
  const home = await mkdtemp(join(tmpdir(), "rekey-restart-"));
  const server = await ministack.start(await freePort());
  const { endpoint, region, credentials } = server.clientConfig;
  const events = new EventBridgeClient(server.clientConfig);
  const lambda = new LambdaClient(server.clientConfig);
  const secrets = new SecretsManager(server.clientConfig);

  const cli = async (...words: string[]): Promise<string> => {
    const env = {
      PATH: process.env["PATH"],
      HOME: home,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    return (await promisify(execFile)(aws ?? "", words, { env, cwd: home })).stdout;
  };
  await events.send(new CreateEventBusCommand({ Name: "rekey" }));
  const account = (await cli("sts", "get-caller-identity", "--query", "Account", "--output", "text")).trim();
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

  return {
    lambda,
    cli,
    async deploy(name, ...settings) {
      const file = resolve(import.meta.dirname, `../../templates/subscribers/${name}.yaml`);
      const words = ["--stack-name", name, "--template-file", file, "--capabilities", "CAPABILITY_IAM"];
      const pattern = `SecretArnPattern=arn:aws:secretsmanager:${region}:${account}:secret:orders/*`;
      await cli("cloudformation", "deploy", ...words, "--parameter-overrides", pattern, ...settings);
    },
    async createSecret(secretName) {
      const made = await secrets.createSecret({
        Name: secretName,
        SecretString: "{}",
        ClientRequestToken: randomUUID(),
      });
      return { secretArn: made.ARN ?? "", secretName, versionId: made.VersionId ?? "" };
    },
    async tell(...versions) {
      const facts = { origin: "rotation", engine: "postgres", strategy: "single-user" } as const;
      const publisher = eventBridgePublisher(events, "rekey");
      for (const version of versions)
        await publisher.publish({ type: "Secret Rotated", ...version, ...facts }, inTime());
    },
    async executions(stack, machine) {
      const query = ["--query", "StackResourceDetail.PhysicalResourceId", "--output", "text"];
      const named = ["--stack-name", stack, "--logical-resource-id", machine];
      const arn = (await cli("cloudformation", "describe-stack-resource", ...named, ...query)).trim();
      const listed = await cli("stepfunctions", "list-executions", "--state-machine-arn", arn, "--output", "json");
      return (JSON.parse(listed) as { executions: { executionArn: string; status: string }[] }).executions;
    },
    async stop() {
      for (const client of [events, lambda, secrets]) client.destroy();
      await server.stop();
      await rm(home, { recursive: true });
    },
  };
}
