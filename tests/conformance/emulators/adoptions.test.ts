import { randomUUID } from "node:crypto";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { adoptionTable } from "../../../shared/aws/dynamodb/adoption-table.ts";
import { dynamoDbAdoptions } from "../../../shared/aws/dynamodb/adoptions.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { adoptionTableSchema } from "../../support/adoption-table.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf";
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds, 678));

interface Stage {
  readonly client: DynamoDB;
  readonly table: string;
  /** As a function does whose clock says so. */
  note(versionId: string, subscriber: string, now: Date): Promise<readonly string[]>;
  read(...versionIds: string[]): Promise<Readonly<Record<string, unknown>>>;
}

async function withTable(aws: AwsUnderTest, work: (stage: Stage) => Promise<void>): Promise<void> {
  const client = new DynamoDB(aws.clientConfig);
  const table = `adoptions-${randomUUID().slice(0, 8)}`;
  try {
    await client.createTable({
      TableName: table,
      ...adoptionTableSchema,
    });
    await work({
      client,
      table,
      async note(versionId, subscriber, now) {
        const adoptions = dynamoDbAdoptions(client, table, () => now.getTime());
        return [...(await adoptions.note({ secretArn, versionId, subscriber }, inTime()))].sort();
      },
      async read(...versionIds) {
        const keys = versionIds.map((versionId) => ({ secretArn, versionId }));
        const found = await adoptionTable(client, table).adopted(keys, inTime());
        return Object.fromEntries([...found].map(([versionId, by]) => [versionId, Object.fromEntries(by)]));
      },
    });
  } finally {
    client.destroy();
  }
}

onEveryAwsServer("adoptions", {
  "subscribers of one version are counted together, each once and with its time": async (aws) =>
    withTable(aws, async ({ note, read }) => {
      expect(await note("v1", "api", at(1))).toEqual(["api"]);
      expect(await note("v2", "api", at(2))).toEqual(["api"]);
      expect(await note("v1", "team/billing@eu:1=x+y.z-_", at(3))).toEqual(["api", "team/billing@eu:1=x+y.z-_"]);
      expect(await read("v1", "v2", "v3")).toEqual({
        v1: { api: at(1), "team/billing@eu:1=x+y.z-_": at(3) },
        v2: { api: at(2) },
      });
    }),
  "an adoption that is repeated keeps its first time": async (aws) =>
    withTable(aws, async ({ note, read }) => {
      await note("v1", "api", at(5));
      for (const again of [at(9), at(1), at(20)]) await note("v1", "api", again);
      expect(await read("v1")).toEqual({ v1: { api: at(5) } });
    }),
  "the last of many at once sees everyone": async (aws) =>
    withTable(aws, async ({ note, read }) => {
      const names = Array.from({ length: 8 }, (_one, index) => `service-${index}`);
      let seen: readonly (readonly string[])[] = [];
      // An emulator's threads may lose one update of several at once, which DynamoDB does not: then once more.
      for (let tries = 0; tries < 3 && !seen.some(({ length }) => length === names.length); tries++) {
        seen = await Promise.all(names.map(async (name, index) => note("v1", name, at(index))));
      }
      expect(seen.toSorted((one, other) => one.length - other.length).at(-1)).toEqual(names);
      expect(await read("v1")).toEqual({ v1: Object.fromEntries(names.map((name, index) => [name, at(index)])) });
    }),
  "an item from before there were times is read without one, and takes others": async (aws) =>
    withTable(aws, async ({ client, table, note, read }) => {
      await client.updateItem({
        TableName: table,
        Key: { secretArn: { S: secretArn }, versionId: { S: "v1" } },
        UpdateExpression: "ADD adoptedBy :subscriber SET expiresAt = :end",
        ExpressionAttributeValues: { ":subscriber": { SS: ["api"] }, ":end": { N: "1900000000" } },
      });
      expect(await read("v1")).toEqual({ v1: { api: undefined } });
      expect(await note("v1", "billing", at(1))).toEqual(["api", "billing"]);
      expect(await read("v1")).toEqual({ v1: { api: undefined, billing: at(1) } });
    }),
});
