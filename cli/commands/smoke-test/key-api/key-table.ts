import { BatchGetItemCommand, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

/** The digests of an account's keys by their ids, in one item. A key itself is stored nowhere. */
export interface KeyTable {
  all(): Promise<ReadonlyMap<string, string>>;
  add(id: string, digest: string): Promise<void>;
  remove(id: string, digest: string): Promise<void>;
}

const Key = { account: { S: "smoke-test" } };

export function keyTable(client: DynamoDBClient, TableName: string): KeyTable {
  const change = async (verb: "ADD" | "DELETE", entry: string): Promise<void> => {
    const UpdateExpression = `${verb} issued :entry`;
    const ExpressionAttributeValues = { ":entry": { SS: [entry] } };
    await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression, ExpressionAttributeValues }));
  };
  return {
    async all() {
      const RequestItems = { [TableName]: { Keys: [Key], ConsistentRead: true } };
      const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems }));
      const entries = Responses?.[TableName]?.[0]?.["issued"]?.SS ?? [];
      return new Map(entries.map((entry) => [entry.split(" ")[0] ?? "", entry.split(" ")[1] ?? ""]));
    },
    add: async (id, digest) => change("ADD", `${id} ${digest}`),
    remove: async (id, digest) => change("DELETE", `${id} ${digest}`),
  };
}
