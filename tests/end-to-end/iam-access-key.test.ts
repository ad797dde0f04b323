import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, ListAccessKeysCommand } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, onTestFinished, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startStack } from "../../local/stack.ts";
import type { InvalidationSource } from "../../shared/client/invalidation/invalidation-source.ts";
import { noticeInMessage } from "../../shared/client/invalidation/notice-in-message.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";

const soon = { timeout: 60_000 };
const UserName = "mailer";
const Name = "prod/mailer";
/** What IAM says of a use and of a key's age lies so far back, so that a replaced key is quiet at once. */
const behindMs = 5 * 3_600_000;

interface Key {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

async function open() {
  const clock = movableClock(Date.now() - behindMs);
  const stack = await startStack({ clock });
  const iam = new IAMClient(stack.clientConfig);
  const lambda = new LambdaClient(stack.clientConfig);
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(async () => {
    for (const client of [iam, lambda, secrets]) client.destroy();
    await stack.stop();
    clock.stop();
  });
  await iam.send(new CreateUserCommand({ UserName, Path: "/rekey/" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId, SecretAccessKey } = AccessKey ?? {};
  const { ARN = "" } = await secrets.createSecret({
    Name,
    SecretString: JSON.stringify({ UserName, AccessKeyId, SecretAccessKey }),
    Tags: [{ Key: "rekey:grace", Value: "24h" }],
  });
  const { outputs } = await stack.deploy({
    parameters: { IamUserArns: "arn:aws:iam::123456789012:user/rekey/*", IamUserGrants: `${Name}=${UserName}` },
  });
  const RotationLambdaARN = outputs["RotateIamAccessKeyArn"] ?? "";
  const current = async (): Promise<Key & { readonly VersionId: string }> => {
    const { SecretString = "", VersionId = "" } = await secrets.getSecretValue({ SecretId: ARN });
    return { ...(JSON.parse(SecretString) as Key), VersionId };
  };
  return {
    stack,
    iam,
    secrets,
    ARN,
    current,
    async rotate(): Promise<void> {
      const before = await current();
      await secrets.rotateSecret({ SecretId: ARN, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } });
      await expect.poll(async () => (await current()).VersionId, soon).not.toBe(before.VersionId);
      await stack.lambda.idle();
    },
    /** What retire-previous has the function do once everyone has adopted the version. */
    async retire(): Promise<void> {
      const { VersionId } = await current();
      const event = { Step: "retirePrevious", SecretId: ARN, ClientRequestToken: VersionId, Adopted: true };
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: RotationLambdaARN, Payload: Buffer.from(JSON.stringify(event)) }),
      );
      expect(answer.Payload?.transformToString()).toBe("null");
    },
    async accepts({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }: Key): Promise<boolean> {
      const sts = new STSClient({ ...stack.clientConfig, credentials: { accessKeyId, secretAccessKey } });
      try {
        return (await sts.send(new GetCallerIdentityCommand({}))).Arn !== undefined;
      } catch (error) {
        if (error instanceof Error && error.name === "InvalidClientTokenId") return false;
        throw error;
      } finally {
        sts.destroy();
      }
    },
  };
}

test("three rotations of an IAM user's key: the old key works until it is retired and is refused afterwards, and a client that follows has no refused call", async () => {
  const { stack, iam, secrets, ARN, current, rotate, retire, accepts } = await open();
  const notices: InvalidationSource = {
    start(sink) {
      const stop = stack.eventBridge.onEvent((_bus, event) => {
        const notice = noticeInMessage(JSON.stringify(event));
        if (notice !== undefined) void sink.notice(notice);
      });
      return { stop: async () => stop() };
    },
  };
  await using client = createSecretClient({ source: secretsManagerSource(secrets), spreadMs: 0, background: false });
  client.subscribe(notices);
  const calls = { taken: 0, refused: 0, key: "" };
  let isOver = false;
  const follow = (async () => {
    while (!isOver) {
      const key = JSON.parse((await client.get(ARN)).value.reveal()) as Key;
      if (await accepts(key)) calls.taken += 1;
      else calls.refused += 1;
      calls.key = key.AccessKeyId;
    }
  })();

  const replaced: Key[] = [];
  for (let rotation = 1; rotation <= 3; rotation++) {
    const before = await current();
    await rotate();
    const after = await current();
    expect([after.AccessKeyId === before.AccessKeyId, await accepts(before), await accepts(after)]).toEqual([
      false,
      true,
      true,
    ]);
    await expect.poll(() => calls.key, soon).toBe(after.AccessKeyId);
    await retire();
    replaced.push(before);
    expect(await Promise.all([...replaced, after].map(accepts))).toEqual([...replaced.map(() => false), true]);
  }
  isOver = true;
  await follow;

  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
  expect(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId, Status])).toEqual([
    [replaced.at(-1)?.AccessKeyId, "Inactive"],
    [(await current()).AccessKeyId, "Active"],
  ]);
  expect([calls.refused, calls.taken > 10]).toEqual([0, true]);
  const printed = JSON.stringify(stack.lambda.logs);
  for (const { SecretAccessKey } of [...replaced, await current()]) expect(printed).not.toContain(SecretAccessKey);
});

test("a secret that names a user outside of the role's path is refused by IAM's own policy, too", async () => {
  const { stack, iam, secrets, ARN } = await open();
  await iam.send(new CreateUserCommand({ UserName: "administrator" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "administrator" }));
  const { outputs } = await stack.deploy({
    parameters: {
      IamUserArns: "arn:aws:iam::123456789012:user/rekey/*",
      IamUserGrants: `${Name}=administrator`,
    },
  });
  const { AccessKeyId, SecretAccessKey } = AccessKey ?? {};
  const value = { UserName: "administrator", AccessKeyId, SecretAccessKey };
  await secrets.putSecretValue({ SecretId: ARN, SecretString: JSON.stringify(value) });
  await secrets.rotateSecret({
    SecretId: ARN,
    RotationLambdaARN: outputs["RotateIamAccessKeyArn"] ?? "",
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  await expect.poll(() => JSON.stringify(stack.lambda.logs), soon).toContain("access-denied");
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: "administrator" }));
  expect(AccessKeyMetadata.map((key) => key.AccessKeyId)).toEqual([AccessKeyId]);
});
