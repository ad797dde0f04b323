import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CacheUserStage, startCacheUserStage } from "../support/cache-user-stage.ts";
import { type KafkaUnderTest, kafkaProgram, startKafka } from "../support/kafka.ts";
import { type MskUnderTest, type ReadByMsk, startMsk } from "../support/msk.ts";

const longMs = 180_000;
const mechanism = ["SCRAM-SHA-512"] as const;

describe.skipIf(kafkaProgram === undefined)("the deployed function, with MSK's secrets in Secrets Manager", () => {
  let kafka: KafkaUnderTest;
  let stage: CacheUserStage;
  let client: SecretsManagerClient;
  let msk: MskUnderTest;
  let functionArn = "";
  const arns = new Map<string, string>();
  const arnOf = (user: string): string => arns.get(user) ?? "";

  async function read(SecretId: string): Promise<ReadByMsk> {
    const { SecretString = "{}", VersionId = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
    return { ...(JSON.parse(SecretString) as Omit<ReadByMsk, "versionId">), versionId: VersionId };
  }
  const secret = (username: string, more: object = {}): object => ({
    ...{ engine: "msk", host: kafka.host, port: kafka.port, ssl: false },
    ...{ username, password: `canary-of-${username}-3f6a0b9d` },
    ...more,
  });

  beforeAll(async () => {
    kafka = await startKafka(kafkaProgram ?? "");
    stage = await startCacheUserStage();
    client = new SecretsManagerClient(stage.stack.clientConfig);
    msk = startMsk(kafka, read, () => 300);
    for (const username of ["orders", "orders_b", "billing", "audit"]) {
      const value = { username, password: `canary-of-${username}-3f6a0b9d` };
      const arn = await stage.create(`AmazonMSK_${username}`, value);
      arns.set(username, arn);
      await msk.associate(arn);
    }
    const parameters = {
      MskSecretArns: ["orders", "orders_b", "billing"].map(arnOf).join(","),
      MskSecretGrants: `app/kafka=${arnOf("orders")} ${arnOf("orders_b")},app/audit=${arnOf("billing")} ${arnOf("audit")}`,
    };
    functionArn = (await stage.stack.deploy({ parameters })).outputs["RotateMskArn"] ?? "";
  }, longMs);
  afterAll(async () => {
    await msk?.stop();
    client?.destroy();
    await stage?.stop();
    await kafka?.stop();
  });

  test(
    "the idle user's secret gets the password, MSK takes it, and then the services' secret moves",
    async () => {
      const alternateusers = ["orders", "orders_b"];
      const secretId = await stage.create("app/kafka", secret("orders", { alternateusers }));
      const used = await read(arnOf("orders"));
      const { username, password } = await stage.rotate(secretId, functionArn);
      expect(username).toBe("orders_b");
      expect(await read(arnOf("orders_b"))).toMatchObject({ username, password });
      expect(await read(arnOf("orders"))).toEqual(used);
      expect([
        await kafka.accepts("orders", used.password, mechanism),
        await kafka.accepts(username, password, mechanism),
      ]).toEqual([true, true]);
    },
    longMs,
  );

  test(
    "whoever writes the services' secret cannot have another team's secret overwritten by naming its user",
    async () => {
      const before = await read(arnOf("billing"));
      const secretId = await stage.create("app/other", secret("orders", { alternateusers: ["orders", "billing"] }));
      await stage.refused(secretId, functionArn, "option-invalid");
      expect(await read(arnOf("billing"))).toEqual(before);
    },
    longMs,
  );

  test(
    "a secret that the role is not bound to is refused by IAM, whatever the grants say",
    async () => {
      const before = await read(arnOf("audit"));
      const secretId = await stage.create("app/audit", secret("billing", { alternateusers: ["billing", "audit"] }));
      await stage.refused(secretId, functionArn, "access-denied");
      expect(await read(arnOf("audit"))).toEqual(before);
    },
    longMs,
  );

  test("a secret that MSK reads is not rotated itself, and no password is in the function's log", async () => {
    const secretId = await stage.create("AmazonMSK_direct", secret("orders"));
    await stage.refused(secretId, functionArn, "engine-unsupported");
    const printed = JSON.stringify(stage.stack.lambda.logs);
    expect(printed).toContain("engine-unsupported");
    expect(printed).not.toContain("canary");
    expect(printed).not.toContain((await read(arnOf("orders_b"))).password);
  });
});
