import { type CloudTrailClient, type Event, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import type { CallOptions } from "../../ports/call.ts";
import type { ReadsOfPrincipal, SecretReads } from "../../ports/secret-reads.ts";
import { translateError } from "../errors/translate-records-error.ts";

export interface ReadsClock {
  readonly nowMs: () => number;
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
}

const historyMs = 90 * 86_400_000;
/** Two calls a second in an account and region. */
const gapMs = 500;
const pages = 6;

/** Of a role's session the role. */
function principalIn(json: string | undefined): string {
  try {
    const { userIdentity }: { readonly userIdentity?: Readonly<Record<string, unknown>> } = JSON.parse(json ?? "{}");
    const { sessionContext, arn, invokedBy } = { ...userIdentity };
    const { sessionIssuer }: { readonly sessionIssuer?: { readonly arn?: unknown } } = {
      ...(sessionContext as object),
    };
    const principal = sessionIssuer?.arn ?? arn ?? invokedBy;
    return typeof principal === "string" ? principal : "unknown";
  } catch {
    return "unknown";
  }
}

const isRead = ({ EventName = "", CloudTrailEvent = "" }: Event): boolean =>
  /^(?:Batch)?GetSecretValue$/.test(EventName) && !/"errorCode"\s*:\s*"/.test(CloudTrailEvent);

function byPrincipal(events: Iterable<Event>): readonly ReadsOfPrincipal[] {
  const readers = new Map<string, ReadsOfPrincipal>();
  for (const { EventTime = new Date(0), CloudTrailEvent } of events) {
    const principal = principalIn(CloudTrailEvent);
    const { count = 0, lastAt = EventTime } = readers.get(principal) ?? {};
    readers.set(principal, { principal, count: count + 1, lastAt: lastAt > EventTime ? lastAt : EventTime });
  }
  return [...readers.values()].sort((one, other) => other.lastAt.getTime() - one.lastAt.getTime());
}

/**
 * Reads in CloudTrail's event history: 90 days, this account and region. A record may name the secret by ARN or by name, so
 * both are asked for, six pages each at most, two calls a second.
 */
export function recordedReads(client: CloudTrailClient, { nowMs, pause }: ReadsClock): SecretReads {
  let isFirst = true;
  async function lookUp(AttributeValue: string, StartTime: Date, call: CallOptions) {
    const events: Event[] = [];
    let NextToken: string | undefined;
    for (let page = 1; page <= pages; page++) {
      if (!isFirst) await pause(gapMs, call);
      isFirst = false;
      const LookupAttributes = [{ AttributeKey: "ResourceName" as const, AttributeValue }];
      const command = new LookupEventsCommand({ LookupAttributes, StartTime, MaxResults: 50, NextToken });
      const answer = await client.send(command, { abortSignal: call.signal });
      events.push(...(answer.Events ?? []));
      NextToken = answer.NextToken;
      if (NextToken === undefined) return { events, since: StartTime };
    }
    return { events, since: events.at(-1)?.EventTime ?? new Date(nowMs()) };
  }
  return {
    async of({ secretArn, name }, asked, call) {
      const start = new Date(Math.max(asked.getTime(), nowMs() - historyMs));
      try {
        const found = [await lookUp(secretArn, start, call), await lookUp(name, start, call)];
        const events = new Map(found.flatMap(({ events }) => events).map((event) => [event.EventId, event]));
        const reads = [...events.values()].filter((event) => isRead(event) && (event.EventTime ?? start) >= start);
        return {
          readers: byPrincipal(reads),
          since: new Date(Math.max(...found.map(({ since }) => since.getTime()))),
        };
      } catch (error) {
        throw translateError(error, call, { operation: "LookupEvents", secret: secretArn });
      }
    },
  };
}
