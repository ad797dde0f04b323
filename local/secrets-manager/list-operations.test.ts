import type { ListSecretsRequest } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { openStage, type TestStage } from "./test-stage.ts";

async function withSecrets(stage: TestStage): Promise<void> {
  const secrets = [
    { Name: "prod/db/one", Description: "Orders database", Tags: [{ Key: "team", Value: "orders" }] },
    { Name: "prod/db/two", Description: "billing database", Tags: [{ Key: "team", Value: "billing" }] },
    { Name: "test/api", Description: "orders and more" },
  ];
  for (const secret of secrets) {
    await stage.client.createSecret({ ...secret, SecretString: secret.Name });
    await stage.clock.advance(1000);
  }
}
const names = async (stage: TestStage, request: ListSecretsRequest): Promise<readonly (string | undefined)[]> =>
  ((await stage.client.listSecrets(request)).SecretList ?? []).map(({ Name }) => Name);

test.each<[string, ListSecretsRequest["Filters"], readonly string[]]>([
  ["a name's beginning", [{ Key: "name", Values: ["prod/"] }], ["prod/db/one", "prod/db/two"]],
  ["no name's middle", [{ Key: "name", Values: ["db"] }], []],
  ["a name in its case only", [{ Key: "name", Values: ["Prod"] }], []],
  ["any of several values", [{ Key: "name", Values: ["prod/db/t", "test"] }], ["prod/db/two", "test/api"]],
  ["a negated value", [{ Key: "name", Values: ["!prod"] }], ["test/api"]],
  ["a description in any case", [{ Key: "description", Values: ["ORDERS"] }], ["prod/db/one", "test/api"]],
  ["a tag's key", [{ Key: "tag-key", Values: ["team"] }], ["prod/db/one", "prod/db/two"]],
  ["a tag's value", [{ Key: "tag-value", Values: ["bill"] }], ["prod/db/two"]],
  ["every word in any attribute", [{ Key: "all", Values: ["orders DB"] }], ["prod/db/one"]],
  ["the primary region", [{ Key: "primary-region", Values: ["eu"] }], []],
  [
    "all of several filters",
    [
      { Key: "name", Values: ["prod"] },
      { Key: "tag-value", Values: ["!bill"] },
    ],
    ["prod/db/one"],
  ],
])("ListSecrets finds by %s", async (_what, Filters, expected) => {
  const stage = await openStage();
  await withSecrets(stage);
  expect(await names(stage, { Filters })).toEqual(expected);
});

test("ListSecrets sorts by date or name, in either order", async () => {
  const stage = await openStage();
  await withSecrets(stage);
  const byDate = ["prod/db/one", "prod/db/two", "test/api"];
  expect(await names(stage, {})).toEqual(byDate);
  expect(await names(stage, { SortOrder: "desc" })).toEqual(byDate.toReversed());
  await stage.client.tagResource({ SecretId: "prod/db/one", Tags: [{ Key: "a", Value: "b" }] });
  expect((await names(stage, { SortBy: "last-changed-date" })).at(-1)).toBe("prod/db/one");
  expect(await names(stage, { SortBy: "name", SortOrder: "desc" })).toEqual(byDate.toReversed());
});

test("ListSecrets hands out pages, and refuses a token that it did not make", async () => {
  const stage = await openStage();
  await withSecrets(stage);
  const first = await stage.client.listSecrets({ MaxResults: 2 });
  expect(first.SecretList).toHaveLength(2);
  const second = await stage.client.listSecrets({ MaxResults: 2, NextToken: first.NextToken });
  expect(second.SecretList?.map(({ Name }) => Name)).toEqual(["test/api"]);
  expect(second).not.toHaveProperty("NextToken");
  for (const NextToken of ["garbage", Buffer.from("somewhere-1").toString("base64url")]) {
    await expect(stage.client.listSecrets({ NextToken })).rejects.toMatchObject({ name: "InvalidNextTokenException" });
  }
  await expect(stage.client.listSecrets({ MaxResults: 101 })).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("an entry of ListSecrets has its versions under SecretVersionsToStages, and no value", async () => {
  const stage = await openStage();
  await withSecrets(stage);
  const [entry] = (await stage.client.listSecrets({ Filters: [{ Key: "name", Values: ["test"] }] })).SecretList ?? [];
  expect(Object.values(entry?.SecretVersionsToStages ?? {})).toEqual([["AWSCURRENT"]]);
  expect(entry).not.toHaveProperty("RotationEnabled");
  expect(JSON.stringify(entry)).not.toContain("SecretString");
});

test("BatchGetSecretValue reads by ids in their order, and tells the failures apart", async () => {
  const stage = await openStage();
  await withSecrets(stage);
  const batch = await stage.client.batchGetSecretValue({ SecretIdList: ["test/api", "none", "prod/db/one"] });
  expect(batch.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(["test/api", "prod/db/one"]);
  expect(batch.Errors).toEqual([
    {
      SecretId: "none",
      ErrorCode: "ResourceNotFoundException",
      Message: "Secrets Manager can't find the specified secret.",
    },
  ]);
});

test("BatchGetSecretValue reads by filters in pages", async () => {
  const stage = await openStage();
  await withSecrets(stage);
  const Filters = [{ Key: "name" as const, Values: ["prod"] }];
  const first = await stage.client.batchGetSecretValue({ Filters, MaxResults: 1 });
  const second = await stage.client.batchGetSecretValue({ Filters, MaxResults: 1, NextToken: first.NextToken });
  expect([first, second].map(({ SecretValues }) => SecretValues?.[0]?.Name)).toEqual(["prod/db/one", "prod/db/two"]);
  expect(second).not.toHaveProperty("NextToken");
});

test.each([
  ["nothing to read", {}],
  ["ids and filters", { SecretIdList: ["a"], Filters: [{ Key: "name" as const, Values: ["a"] }] }],
  ["MaxResults with ids", { SecretIdList: ["a"], MaxResults: 5 }],
  ["21 ids", { SecretIdList: Array.from({ length: 21 }, (_, index) => `secret-${index}`) }],
])("BatchGetSecretValue refuses %s", async (_what, request) => {
  const stage = await openStage();
  await expect(stage.client.batchGetSecretValue(request)).rejects.toMatchObject({
    name: expect.stringMatching(/^(?:InvalidParameter|Validation)Exception$/u),
  });
});
