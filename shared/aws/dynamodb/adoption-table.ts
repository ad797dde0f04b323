import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { AdoptionTable } from "../../ports/adoptions.ts";
import { adoptedAt } from "./adoptions.ts";

/** BatchGetItem takes 100 keys, and may leave some for the next call. */
const mostKeys = 100;
const rounds = 5;

/** An item that was written before times were kept has none. */
function subscribersIn(item: Readonly<Record<string, AttributeValue>>): ReadonlyMap<string, Date | undefined> {
  const names = item["adoptedBy"]?.SS ?? [];
  return new Map(
    names.map((name) => {
      const at = new Date(item[adoptedAt(name)]?.S ?? Number.NaN);
      return [name, Number.isNaN(at.getTime()) ? undefined : at];
    }),
  );
}

/** Reads the table that `dynamoDbAdoptions` writes: one call for 100 versions, unless DynamoDB leaves some. */
export function adoptionTable(client: DynamoDBClient, table: string): AdoptionTable {
  return {
    async adopted(versions, { signal }) {
      let keys: Record<string, { S: string }>[] = versions
        .slice(0, mostKeys)
        .map(({ secretArn, versionId }) => ({ secretArn: { S: secretArn }, versionId: { S: versionId } }));
      const found = new Map<string, ReadonlyMap<string, Date | undefined>>();
      for (let round = 1; round <= rounds && keys.length > 0; round++) {
        const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys } } });
        const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
          const reason = error instanceof Error ? error.name : "unknown";
          const code = signal.aborted ? "time-budget-spent" : "adoption-unavailable";
          throw new RekeyError(code, { context: { table, reason } });
        });
        for (const item of answer.Responses?.[table] ?? []) {
          const versionId = item["versionId"]?.S;
          if (versionId !== undefined) found.set(versionId, subscribersIn(item));
        }
        const left: typeof keys = [];
        for (const { secretArn, versionId } of answer.UnprocessedKeys?.[table]?.Keys ?? []) {
          if (secretArn?.S !== undefined && versionId?.S !== undefined) {
            left.push({ secretArn: { S: secretArn.S }, versionId: { S: versionId.S } });
          }
        }
        keys = left;
      }
      return found;
    },
  };
}
