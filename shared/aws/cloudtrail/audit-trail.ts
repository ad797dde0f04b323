import { type CloudTrailClient, type Event, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import type { AuditRecord, AuditTrail } from "../../ports/records.ts";
import { translateError } from "../errors/translate-records-error.ts";
import { defined } from "../../secrets/defined.ts";

/** 50 records a call, two calls a second in an account. */
const pages = 6;
const isRead = (name: string): boolean => /^(?:Get|BatchGet|Describe|List)/.test(name);

function callerIn(json: string | undefined): string | undefined {
  try {
    const { userIdentity }: { readonly userIdentity?: { readonly arn?: unknown; readonly invokedBy?: unknown } } = {
      ...JSON.parse(json ?? "{}"),
    };
    const caller = userIdentity?.arn ?? userIdentity?.invokedBy;
    return typeof caller === "string" ? caller : undefined;
  } catch {
    return undefined;
  }
}

const errorIn = (json: string | undefined): string | undefined =>
  /"errorCode"\s*:\s*"([\w.]{1,80})"/.exec(json ?? "")?.[1];

function recordOf({ EventTime, EventName = "", Username, CloudTrailEvent }: Event): AuditRecord {
  const errorCode = errorIn(CloudTrailEvent);
  return {
    at: EventTime ?? new Date(0),
    what: EventName,
    who: callerIn(CloudTrailEvent) ?? Username ?? "unknown",
    ...defined({ errorCode }),
  };
}

/**
 * CloudTrail's event history: 90 days of it in every account without a trail, some minutes late. It is asked by the secret's
 * ARN, and reads of the secret are records, too, so a secret that is read much does not reach back far.
 */
export function cloudTrail(client: CloudTrailClient): AuditTrail {
  return {
    async changes(secretArn, call) {
      const records: AuditRecord[] = [];
      let since: Date | undefined;
      let NextToken: string | undefined;
      try {
        for (let page = 1; page <= pages; page++) {
          const command = new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: "ResourceName", AttributeValue: secretArn }],
            MaxResults: 50,
            NextToken,
          });
          const answer = await client.send(command, { abortSignal: call.signal });
          for (const event of answer.Events ?? []) {
            since = event.EventTime ?? since;
            if (!isRead(event.EventName ?? "")) records.push(recordOf(event));
          }
          NextToken = answer.NextToken;
          if (NextToken === undefined) break;
        }
      } catch (error) {
        throw translateError(error, call, { operation: "LookupEvents", secret: secretArn });
      }
      return { records, ...defined({ since }) };
    },
  };
}
