import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Adoptions } from "../../ports/adoptions.ts";

/** Long after any grace period; the table forgets by itself. */
const keptSeconds = 400 * 86_400;

/** The attribute with the time at which a subscriber was first noted; no other attribute's name has a colon. */
export const adoptedAt = (subscriber: string): string => `adoptedAt:${subscriber}`;

/**
 * One item for each version of a secret, keys `secretArn` and `versionId`: `adoptedBy`, the names of its subscribers,
 * `adoptedAt:<subscriber>` for each (ISO 8601), and `expiresAt` (seconds). Adding to a set is atomic, and its answer is the
 * whole set, so the last subscriber always sees everyone. The times are this clock's, not the subscribers', and the first stays.
 */
export function dynamoDbAdoptions(client: DynamoDBClient, table: string, nowMs: () => number = Date.now): Adoptions {
  return {
    async note({ secretArn, versionId, subscriber }, { signal }) {
      const now = nowMs();
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { secretArn: { S: secretArn }, versionId: { S: versionId } },
        UpdateExpression: "ADD adoptedBy :subscriber SET expiresAt = :end, #at = if_not_exists(#at, :now)",
        ExpressionAttributeNames: { "#at": adoptedAt(subscriber) },
        ExpressionAttributeValues: {
          ":subscriber": { SS: [subscriber] },
          ":end": { N: String(Math.floor(now / 1000) + keptSeconds) },
          ":now": { S: new Date(now).toISOString() },
        },
        ReturnValues: "ALL_NEW",
      });
      const answer = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        const reason = error instanceof Error ? error.name : "unknown";
        const code = signal.aborted ? "time-budget-spent" : "adoption-unavailable";
        throw new RekeyError(code, { context: { table, secret: secretArn, reason } });
      });
      return new Set(answer.Attributes?.["adoptedBy"]?.SS ?? []);
    },
  };
}
