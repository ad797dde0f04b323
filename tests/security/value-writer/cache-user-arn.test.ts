import { DescribeUsersCommand, ElastiCacheClient } from "@aws-sdk/client-elasticache";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CacheUserSecret, type CacheUserStage, startCacheUserStage } from "../../support/cache-user-stage.ts";

let stage: CacheUserStage;
let own: CacheUserSecret;
let theirs: CacheUserSecret;
let outside: CacheUserSecret;
let rotation = "";

beforeAll(async () => {
  stage = await startCacheUserStage();
  own = await stage.elastiCacheUser("app");
  theirs = await stage.elastiCacheUser("billing");
  outside = await stage.elastiCacheUser("audit");
  const parameters = {
    CacheUserArns: `${own.user_arn},${theirs.user_arn}`,
    CacheUserGrants: `db/app=${own.user_arn},db/billing=${theirs.user_arn},db/audit=${outside.user_arn}`,
  };
  rotation = (await stage.stack.deploy({ parameters })).outputs["RotateElasticacheArn"] ?? "";
});
afterAll(async () => stage.stop());

const changesOf = (arn: string): number =>
  stage.stack.aws.requests.filter(
    ({ operation, resources, handled }) => operation === "ModifyUser" && handled && resources.includes(arn),
  ).length;

async function passwordsOf({ user_arn }: CacheUserSecret): Promise<unknown> {
  const client = new ElastiCacheClient(stage.stack.clientConfig);
  try {
    const { Users = [] } = await client.send(new DescribeUsersCommand({ UserId: user_arn.split(":").at(-1) }));
    return { status: Users[0]?.Status, passwords: Users[0]?.Authentication?.PasswordCount };
  } finally {
    client.destroy();
  }
}
const untouched = { status: "active", passwords: 1 };

test("whoever writes one secret cannot have another team's user changed by naming its ARN: nothing of that user is asked or changed", async () => {
  const secretId = await stage.create("db/app", { ...theirs, password: "canary-invented-by-a-writer" });
  await stage.refused(secretId, rotation, "option-invalid");
  expect(changesOf(theirs.user_arn)).toBe(0);
  expect(await passwordsOf(theirs)).toEqual(untouched);
  const asked = stage.stack.aws.requests.filter(({ service }) => service === "elasticache");
  expect(asked.filter(({ principalArn }) => principalArn.includes("RotateElasticache"))).toEqual([]);
});

test("a user that the role is not bound to is refused by IAM, whatever the grants say", async () => {
  const secretId = await stage.create("db/audit", outside);
  await stage.refused(secretId, rotation, "access-denied");
  expect(changesOf(outside.user_arn)).toBe(0);
  expect(await passwordsOf(outside)).toEqual(untouched);
});

test("no password of the writer's or of a user is in the function's log", () => {
  const printed = JSON.stringify(stage.stack.lambda.logs);
  expect(printed).toContain("option-invalid");
  expect(printed).not.toContain("canary");
});
