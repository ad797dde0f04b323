import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { dynamoDbAdoptions } from "../../shared/aws/dynamodb/adoptions.ts";
import { startAwsFront } from "../aws/front.ts";
import { adoptionTableSchema } from "../../tests/support/adoption-table.ts";
import { createDynamoDb } from "./service.ts";

async function open() {
  const front = await startAwsFront({
    accountId: "123456789012",
    services: [createDynamoDb({ region: "us-east-1", accountId: "123456789012" })],
  });
  const client = new DynamoDB({
    endpoint: front.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await front.stop();
  });
  await client.createTable({
    TableName: "adoptions",
    ...adoptionTableSchema,
  });
  return client;
}
const call = { signal: AbortSignal.timeout(10_000) };
const adoption = (versionId: string, subscriber: string) => ({ secretArn: "arn:secret", versionId, subscriber });

test("adoptions of one version are counted together, each subscriber once", async () => {
  const adoptions = dynamoDbAdoptions(await open(), "adoptions");
  expect([...(await adoptions.note(adoption("v1", "api"), call))]).toEqual(["api"]);
  await adoptions.note(adoption("v1", "api"), call);
  await adoptions.note(adoption("v2", "billing"), call);
  expect([...(await adoptions.note(adoption("v1", "billing"), call))]).toEqual(["api", "billing"]);
});

test("a table that is not there is adoption-unavailable, and spent time is said", async () => {
  const client = await open();
  await expect(dynamoDbAdoptions(client, "other").note(adoption("v1", "api"), call)).rejects.toMatchObject({
    code: "adoption-unavailable",
    context: { reason: "ResourceNotFoundException" },
  });
  const spent = { signal: AbortSignal.abort() };
  await expect(dynamoDbAdoptions(client, "adoptions").note(adoption("v1", "api"), spent)).rejects.toMatchObject({
    code: "time-budget-spent",
  });
});

test("another form of update, another key and an existing table are refused", async () => {
  const client = await open();
  const Key = { secretArn: { S: "a" }, versionId: { S: "b" } };
  const update = { TableName: "adoptions", Key, ExpressionAttributeValues: { ":v": { N: "1" } } };
  for (const UpdateExpression of ["REMOVE a", "SET a = a + :v", "ADD a :v"]) {
    await expect(client.updateItem({ ...update, UpdateExpression })).rejects.toThrow("not emulated");
  }
  const undefinedName = { ...update, UpdateExpression: "SET a = if_not_exists(#a, :v)" };
  await expect(client.updateItem(undefinedName)).rejects.toThrow("not defined; attribute name: #a");
  const UpdateExpression = "SET a = :v";
  await expect(client.updateItem({ ...update, Key: { secretArn: { S: "a" } }, UpdateExpression })).rejects.toThrow(
    "key",
  );
  await expect(client.createTable({ TableName: "adoptions", KeySchema: [] })).rejects.toThrow("already exists");
});

test("what is deleted from a set is gone, and with the last one the set", async () => {
  const client = await open();
  const at = {
    TableName: "adoptions",
    Key: { secretArn: { S: "a" }, versionId: { S: "b" } },
    ReturnValues: "ALL_NEW",
  } as const;
  const change = async (verb: string, ...values: readonly string[]) => {
    const ExpressionAttributeValues = { ":v": { SS: [...values] } };
    const { Attributes } = await client.updateItem({
      ...at,
      UpdateExpression: `${verb} keys :v`,
      ExpressionAttributeValues,
    });
    return Attributes?.["keys"]?.SS;
  };
  await change("ADD", "one", "two");
  expect(await change("DELETE", "one", "three")).toEqual(["two"]);
  expect(await change("DELETE", "two")).toBeUndefined();
});
