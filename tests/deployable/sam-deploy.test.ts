import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { awsServers, type AwsUnderTest } from "../support/aws-servers.ts";
import { openQueue, takeMessage } from "../support/aws-wiring.ts";
import { freePort } from "../support/free-port.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { asMinistackKnowsIt } from "../support/ministack-template.ts";

const template = resolve(import.meta.dirname, "../../template.yaml");
const sam = outsideProgram("REKEY_SAM", "PyPI: aws-sam-cli");
const ministack = awsServers.find(({ name }) => name === "ministack");

/** The template for a folder of its own. */
const itsTemplate = (): string =>
  asMinistackKnowsIt(readFileSync(template, "utf8")).replaceAll(
    /(?<=CodeUri: |Location: )(?=dist\/|templates\/)/gu,
    `${dirname(template)}/`,
  );

describe.skipIf(sam === undefined || ministack?.absent !== false)("sam deploy --guided to ministack", () => {
  let aws: AwsUnderTest;
  let home = "";
  let asked = "";

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "rekey-sam-"));
    const config = join(home, "samconfig.toml");
    await copyFile(join(dirname(template), "samconfig.toml"), config);
    aws = await (ministack ?? expect.fail("no ministack")).start(await freePort());
    const { endpoint, region, credentials } = aws.clientConfig;
    const env = {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
      HOME: home,
      TMPDIR: home,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      SAM_CLI_TELEMETRY: "0",
    };
    const copy = join(home, "template.yaml");
    await writeFile(copy, itsTemplate());
    const words = ["deploy", "--guided", "--template-file", copy, "--config-file", config, "--stack-name", "rekey"];
    const how = ["--no-confirm-changeset", "--no-progressbar"];
    const secrets = `arn:aws:secretsmanager:${region}:${credentials.accessKeyId}:secret:db/*`;
    // It knows no archives.
    const given = ["--parameter-overrides", `SecretArnPattern=${secrets}`, "ArchiveRetentionDays=0"];
    const deploying = promisify(execFile)(sam ?? "", [...words, ...how, ...given], { env, cwd: home });
    // Whatever it asks, its own proposal is taken.
    deploying.child.stdin?.end("\n".repeat(200));
    asked = (await deploying).stdout;
  }, 240_000);
  afterAll(async () => {
    await aws.stop();
    await rm(home, { recursive: true });
  });

  test("it was asked for each parameter by name, and took what the repository's samconfig.toml and the template propose", () => {
    const names = Object.keys(readTemplate(readFileSync(template, "utf8")).Parameters);
    expect(names.filter((name) => !asked.includes(`Parameter ${name}`))).toEqual([]);
    expect(asked).toMatch(/Capabilities\s+: \["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"\]/u);
    expect(asked).toContain("Successfully created/updated stack");
  });

  test(
    "a changed secret's own event goes by the deployed rule and queue to the deployed function, and from it to a subscriber",
    { timeout: 120_000 },
    async () => {
      const sqs = new SQSClient(aws.clientConfig);
      const sns = new SNSClient(aws.clientConfig);
      const secretsManager = new SecretsManagerClient(aws.clientConfig);
      try {
        const subscriber = await openQueue(sqs);
        const { region, credentials } = aws.clientConfig;
        const TopicArn = `arn:aws:sns:${region}:${credentials.accessKeyId}:rekey-secret-rotated`;
        await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: subscriber.arn }));
        const secret = { Name: "db/orders", SecretString: "canary-first" };
        const { ARN: SecretId } = await secretsManager.send(new CreateSecretCommand(secret));
        await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: "canary-second" }));
        const next = async (): Promise<string> => (await takeMessage(sqs, subscriber.url)) ?? "";
        await expect.poll(next, { timeout: 100_000 }).toContain(SecretId);
      } finally {
        for (const client of [sqs, sns, secretsManager]) client.destroy();
      }
    },
  );
});
