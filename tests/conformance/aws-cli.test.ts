import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";
import { outsideProgram } from "../support/outside-program.ts";

const run = promisify(execFile);
const aws = outsideProgram("REKEY_AWS_CLI", "PyPI: awscli");

describe.skipIf(aws === undefined)("the AWS command line on the local stack", () => {
  let stack: Stack;
  let home: string;
  beforeAll(async () => {
    stack = await startStack();
    home = mkdtempSync(join(tmpdir(), "rekey-aws-cli-"));
  });
  afterAll(async () => {
    rmSync(home, { recursive: true, force: true });
    await stack.stop();
  });

  /** Every word is its own argument. */
  async function cli(command: string, ...more: readonly string[]): Promise<string> {
    const { endpoint, region, credentials } = stack.clientConfig;
    const { stdout } = await run(aws ?? "", [...command.split(" "), ...more], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        AWS_ENDPOINT_URL: endpoint,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
    return stdout.trim();
  }

  test("create-secret, get-secret-value and put-secret-value work as in AWS's own documentation", async () => {
    const created: unknown = JSON.parse(
      await cli("secretsmanager create-secret --name MySecret --secret-string", "My first value"),
    );
    expect(created).toMatchObject({ ARN: expect.stringMatching(/:secret:MySecret-\w{6}$/), Name: "MySecret" });
    const got: unknown = JSON.parse(await cli("secretsmanager get-secret-value --secret-id MySecret"));
    expect(got).toMatchObject({ SecretString: "My first value", VersionStages: ["AWSCURRENT"] });
    await cli("secretsmanager put-secret-value --secret-id MySecret --secret-string", "ünïcode second");
    const text = "secretsmanager get-secret-value --secret-id MySecret --query SecretString --output text";
    expect(await cli(text)).toBe("ünïcode second");
    expect(await cli(`${text} --version-stage AWSPREVIOUS`)).toBe("My first value");
  });

  test("cloudformation deploy makes a stack and updates it, and delete-stack takes it away", async () => {
    const file = join(home, "queue.yaml");
    const template = (seconds: number): string =>
      `Resources: { Q: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: ${seconds} } } }\nOutputs: { Url: { Value: !Ref Q } }`;
    for (const seconds of [30, 60]) {
      writeFileSync(file, template(seconds));
      await cli("cloudformation deploy --stack-name by-hand --template-file", file);
    }
    const queue = stack.sqs.queues().find(({ name }) => name === "by-hand-Q");
    expect(queue?.attributes.get("VisibilityTimeout")).toBe("60");
    await cli("cloudformation delete-stack --stack-name by-hand");
    await cli("cloudformation wait stack-delete-complete --stack-name by-hand");
    expect(stack.sqs.queues()).toEqual([]);
  });

  test("describe-secret, list-secrets and list-secret-version-ids show the labels of each version", async () => {
    await cli("secretsmanager create-secret --name Labels --secret-string one --tags Key=team,Value=db");
    await cli("secretsmanager put-secret-value --secret-id Labels --secret-string two --version-stages AWSPENDING");
    const described: unknown = JSON.parse(await cli("secretsmanager describe-secret --secret-id Labels"));
    expect(described).toMatchObject({ Tags: [{ Key: "team", Value: "db" }] });
    const labels = "secretsmanager list-secret-version-ids --secret-id Labels --query Versions[].VersionStages[]";
    expect((JSON.parse(await cli(labels)) as string[]).sort()).toEqual(["AWSCURRENT", "AWSPENDING"]);
    expect(
      await cli("secretsmanager list-secrets --filters Key=name,Values=Labels --query SecretList[].Name"),
    ).toContain('"Labels"');
  });

  test("rotate-secret without a function fails with AWS's words", async () => {
    await cli("secretsmanager create-secret --name Unrotatable --secret-string one");
    await expect(cli("secretsmanager rotate-secret --secret-id Unrotatable")).rejects.toThrow(
      /InvalidRequestException.*No Lambda rotation function ARN is associated with this secret/,
    );
  });

  test("a secret that is not there fails with AWS's words", async () => {
    await expect(cli("secretsmanager get-secret-value --secret-id Nowhere")).rejects.toThrow(
      /ResourceNotFoundException.*Secrets Manager can't find the specified secret/,
    );
  });

  test("events, queues, topics and functions answer the command line too", async () => {
    await cli("events create-event-bus --name cli");
    expect(await cli("events list-event-buses --query EventBuses[].Name")).toContain('"cli"');
    // For SQS the command line's version 1 overlooks AWS_ENDPOINT_URL.
    const sqs = `--endpoint-url ${stack.clientConfig.endpoint} sqs`;
    const queue = await cli(`${sqs} create-queue --queue-name cli --query QueueUrl --output text`);
    await cli(`${sqs} send-message --queue-url ${queue} --message-body hello`);
    expect(await cli(`${sqs} receive-message --queue-url ${queue} --query Messages[0].Body --output text`)).toBe(
      "hello",
    );
    expect(await cli("sns create-topic --name cli --output text")).toMatch(/^arn:aws:sns:us-east-1:\d{12}:cli$/);
    expect(await cli("lambda list-functions --query Functions --output json")).toBe("[]");
  });
});
