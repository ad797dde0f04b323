import { resolve } from "node:path";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CacheUserSecret, type CacheUserStage, startCacheUserStage } from "../support/cache-user-stage.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";

const bundlePath = resolve(import.meta.dirname, "../../dist/functions/rotate-elasticache/index.mjs");

describe.skipIf(redisServer === undefined)("in place of AWS's sample function for ElastiCache users", () => {
  let stage: CacheUserStage;
  let redis: RedisUnderTest;
  let user: CacheUserSecret;
  let secretId = "";
  let functionArn = "";

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    const { host, port, superuser } = redis;
    stage = await startCacheUserStage({ cacheServer: { host, port, ...superuser } });
    user = await stage.elastiCacheUser("app");
    secretId = await stage.create("cache/app", user);
    functionArn = await stage.stack.lambda.deploy({
      name: "SecretsManagerElasticacheUserRotation",
      bundlePath,
      timeoutMs: 30_000,
      policies: [
        {
          Statement: [
            {
              Effect: "Allow",
              Action: ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
                (name) => `secretsmanager:${name}`,
              ),
              Resource: "*",
            },
            {
              Effect: "Allow",
              Action: ["elasticache:DescribeUsers", "elasticache:ModifyUser"],
              Resource: user.user_arn,
            },
          ],
        },
      ],
      environment: {
        SECRETS_MANAGER_ENDPOINT: stage.stack.aws.endpoint,
        SECRET_ARN: secretId,
        USER_NAME: "app",
        EXCLUDE_CHARACTERS: "/@\"'\\aeiou",
        PASSWORD_LENGTH: "40",
        REKEY_CACHE_USERS: `cache/app=${user.user_arn},cache/other=${user.user_arn}`,
      },
    });
    const lambda = new LambdaClient(stage.stack.clientConfig);
    const permission = { Action: "lambda:InvokeFunction", Principal: "secretsmanager.amazonaws.com" };
    await lambda.send(new AddPermissionCommand({ FunctionName: functionArn, StatementId: "invoke", ...permission }));
    lambda.destroy();
  });
  afterAll(async () => {
    await stage?.stop();
    await redis?.stop();
  });

  test("its secret and its variables do: a password of its length and characters, and the one before logs in for another rotation", async () => {
    const second = await stage.rotate(secretId, functionArn);
    expect(second).toEqual({ ...user, password: second.password });
    expect(second.password).toMatch(/^[^/@"'\\aeiou]{40}$/u);
    expect([await redis.accepts("app", user.password), await redis.accepts("app", second.password)]).toEqual([
      true,
      true,
    ]);
    const third = await stage.rotate(secretId, functionArn);
    expect([
      await redis.accepts("app", user.password),
      await redis.accepts("app", second.password),
      await redis.accepts("app", third.password),
    ]).toEqual([false, true, true]);
  });

  test("another secret than SECRET_ARN's is refused, as by the sample, though it is granted the user", async () => {
    const other = await stage.create("cache/other", user);
    await stage.refused(other, functionArn, "option-invalid");
    expect(await stage.valueOf(other)).toEqual(user);
  });

  test("no password is in the function's log", () => {
    const printed = JSON.stringify(stage.stack.lambda.logs);
    expect(printed).toContain("finishSecret");
    expect(printed).not.toContain("canary");
  });
});
