import { inspect } from "node:util";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";

const soon = { timeout: 60_000 };

describe.skipIf(redisServer === undefined)("the deployed function, on two real servers that have the same user", () => {
  let stack: Stack;
  let client: SecretsManagerClient;
  let servers: readonly [RedisUnderTest, RedisUnderTest];
  let secretId: string;
  let rotationLambda: string | undefined;

  const create = async (Name: string, value: object): Promise<string> =>
    (await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))).ARN ?? "";
  const passwordOf = async (VersionStage: string): Promise<string> => {
    const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage }));
    return (JSON.parse(SecretString) as { password: string }).password;
  };
  const acceptedBy = async (password: string): Promise<readonly boolean[]> =>
    Promise.all(servers.map(async (server) => server.accepts("app", password)));
  async function rotate(): Promise<void> {
    const { VersionId = "" } = await client.send(
      new RotateSecretCommand({ SecretId: secretId, ...(rotationLambda && { RotationLambdaARN: rotationLambda }) }),
    );
    await expect
      .poll(async () => {
        const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
        return VersionIdsToStages?.[VersionId] ?? [];
      }, soon)
      .toContain("AWSCURRENT");
    await stack.secretsManager.idle();
  }

  beforeAll(async () => {
    stack = await startStack();
    client = new SecretsManagerClient(stack.clientConfig);
    const binary = redisServer ?? "";
    servers = await Promise.all([startRedis(binary), startRedis(binary)]);
    const [{ host, port, superuser }, other] = servers;
    for (const server of servers)
      await server.admin("ACL", "SETUSER", "app", "on", ">first-password", "~*", "+@all", "-@admin");
    const masterarn = await create("redis-admin", { ...superuser, ssl: false });
    const targets = servers.map((server) => `${server.host}:${server.port}`).join(" ");
    const parameters = { AdminSecretArns: masterarn, AdminTargets: `${masterarn}=${targets}` };
    rotationLambda = (await stack.deploy({ parameters })).outputs["RotateRedisArn"];
    const fields = { engine: "redis", host, port, ssl: false, hosts: [`${other.host}:${other.port}`] };
    secretId = await create("redis-app", { ...fields, username: "app", password: "first-password", masterarn });
  });
  afterAll(async () => {
    client.destroy();
    await stack.stop();
    for (const server of servers) await server.stop();
  });

  test("the next and the current password log in on both, the one before on neither, and no login fails", async () => {
    await rotate();
    const second = await passwordOf("AWSCURRENT");
    expect([await acceptedBy(second), await acceptedBy("first-password")]).toEqual([
      [true, true],
      [true, true],
    ]);
    for (const server of servers) expect(await server.admin("ACL", "LOG")).toEqual([]);
    await rotate();
    expect(await passwordOf("AWSPREVIOUS")).toBe(second);
    expect([
      await acceptedBy(await passwordOf("AWSCURRENT")),
      await acceptedBy(second),
      await acceptedBy("first-password"),
    ]).toEqual([
      [true, true],
      [true, true],
      [false, false],
    ]);
  });

  test("no password is in the function's log or in a server's slow log", async () => {
    const passwords = [await passwordOf("AWSCURRENT"), await passwordOf("AWSPREVIOUS")];
    const slow = await Promise.all(servers.map(async (server) => server.admin("SLOWLOG", "GET", "10000")));
    const printed = inspect([slow, stack.lambda.logs], { depth: 9, maxArrayLength: null, maxStringLength: null });
    expect(printed).toContain("finishSecret");
    expect(printed).toContain("SETUSER");
    expect(passwords.filter((password) => printed.includes(password))).toEqual([]);
  });
});
