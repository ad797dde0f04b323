import { ListStacksCommand } from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callerAccount } from "../../../shared/aws/sts/caller-account.ts";
import { awsServers, type AwsUnderTest } from "../../../tests/support/aws-servers.ts";
import { asMinistackKnowsIt } from "../../../tests/support/ministack-template.ts";
import { freePort } from "../../../tests/support/free-port.ts";
import { alarmStates } from "./alarm-states.ts";
import { smokeBucket } from "./bucket.ts";
import { newChecks } from "./checks.ts";
import { smokeClients } from "./clients.ts";
import { mainTemplate, packageFiles, type UploadedFile } from "./package-files.ts";
import { runSmokeTest } from "./run-smoke-test.ts";
import { newSmokeId, smokeNames } from "./smoke-names.ts";
import { smokeStacks } from "./stacks.ts";

const ministack = awsServers.find(({ name }) => name === "ministack");

const asItKnowsIt = ({ key, body }: UploadedFile): UploadedFile =>
  key === mainTemplate
    ? { key, body: Buffer.from(asMinistackKnowsIt(Buffer.from(body).toString("utf8"))) }
    : { key, body };

describe.skipIf(ministack?.absent !== false)("smoke-test on ministack", () => {
  let aws: AwsUnderTest;
  beforeAll(async () => {
    aws = await (ministack ?? expect.fail("no ministack")).start(await freePort());
    const { endpoint, region, credentials } = aws.clientConfig;
    vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
    vi.stubEnv("AWS_REGION", region);
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });

  test("it goes as far as ministack does, which is named, and leaves nothing", { timeout: 120_000 }, async () => {
    const call = { signal: AbortSignal.timeout(110_000) };
    const clients = smokeClients();
    const names = smokeNames(newSmokeId());
    const at = await callerAccount(clients.sts, call);
    const checks = newChecks(() => undefined);
    const bucket = smokeBucket(clients.s3, names.bucket, { ...at, endpoint: aws.endpoint });
    const files = await packageFiles(bucket);
    const run = {
      clients,
      names,
      at,
      bucket,
      checks,
      rotatedBefore: { text: undefined },
      stacks: smokeStacks(clients.cloudFormation, names.id),
      alarms: alarmStates(clients.cloudFormation, clients.cloudWatch),
      plan: {
        variants: [{ name: "plain", target: "key-api", parameters: {} } as const],
        // It knows no archives.
        parameters: { ArchiveRetentionDays: "0" },
      },
    };
    await runSmokeTest(run, { ...files, uploads: files.uploads.map(asItKnowsIt) }, call);
    const failed = checks.all.filter(({ outcome }) => outcome === "failed");
    const types = ["AWS::EventSchemas::", "AWS::SecretsManager::RotationSchedule", "AWS::Events::EventBusPolicy"];
    // Each template that it takes for invalid has a type of resource that it does not know.
    expect(
      failed.filter(({ name, detail }) => !name.startsWith("valid: ") || !types.some((type) => detail.includes(type))),
    ).toEqual([]);
    const passed = checks.all.filter(({ outcome }) => outcome === "passed").map(({ name }) => name);
    expect(passed).toEqual(
      expect.arrayContaining([
        "plain: second rotation",
        "plain: second rotation: a subscriber hears of it",
        "plain: adoption: an acknowledgement is noted",
        "plain: no alarm is raised",
        `clean-up: bucket ${names.bucket}`,
      ]),
    );
    expect(
      (await clients.cloudFormation.send(new ListStacksCommand({}))).StackSummaries?.filter(
        ({ StackStatus }) => StackStatus !== "DELETE_COMPLETE",
      ),
    ).toEqual([]);
  });
});
