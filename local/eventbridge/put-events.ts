import { randomUUID } from "node:crypto";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, recordList, textList } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";

/** An event as targets receive it. */
export interface EventEnvelope extends Members {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Members;
}

export interface AcceptedEntry {
  readonly busName: string;
  readonly event: EventEnvelope;
}

export type Refusal = { readonly ErrorCode: string; readonly ErrorMessage: string };

interface Scope {
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: number;
  /** Whether the caller may put this entry: each is decided by itself, whatever else is in the request. */
  readonly refused: (entry: AcceptedEntry) => Refusal | undefined;
}

const largestRequestBytes = 1_048_576;

export const busNameOf = (nameOrArn: string): string => nameOrArn.replace(/^arn:[^/]+\//u, "");
export const eventTime = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d+Z$/u, "Z");

/** What AWS counts: 14 bytes for a time, and the texts. */
function entryBytes(entry: Members): number {
  const texts = [entry["Source"], entry["DetailType"], entry["Detail"], ...textList(entry, "Resources")];
  const bytes = texts.reduce<number>((sum, part) => sum + (typeof part === "string" ? Buffer.byteLength(part) : 0), 0);
  return bytes + (entry["Time"] === undefined ? 0 : 14);
}

function readDetail(json: string): Members | undefined {
  try {
    const detail: unknown = JSON.parse(json);
    return isMembers(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

function readEntry(entry: Members, scope: Scope): AcceptedEntry | Refusal {
  for (const name of ["Source", "DetailType", "Detail"]) {
    if (!optionalText(entry, name)) {
      const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
      return { ErrorCode: "InvalidArgument", ErrorMessage };
    }
  }
  const source = optionalText(entry, "Source") ?? "";
  if (source.startsWith("aws.")) {
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  }
  const detailType = optionalText(entry, "DetailType") ?? "";
  if (detailType.length > 128) {
    const ErrorMessage = "Parameter DetailType is not valid. Reason: DetailType is longer than 128 characters.";
    return { ErrorCode: "InvalidArgument", ErrorMessage };
  }
  const detail = readDetail(optionalText(entry, "Detail") ?? "");
  if (detail === undefined) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  const time = entry["Time"];
  const read: AcceptedEntry = {
    busName: busNameOf(optionalText(entry, "EventBusName") ?? "default"),
    event: {
      version: "0",
      id: randomUUID(),
      "detail-type": detailType,
      source,
      account: scope.accountId,
      time: eventTime(typeof time === "number" ? time * 1000 : scope.nowMs),
      region: scope.region,
      resources: textList(entry, "Resources"),
      detail,
    },
  };
  return scope.refused(read) ?? read;
}

/** PutEvents: an entry fails alone, and the answer is 200 all the same. Errors: `ValidationException` for the whole request. */
export function putEvents(
  input: Members,
  scope: Scope,
): { readonly accepted: readonly AcceptedEntry[]; readonly answer: Members } {
  const entries = recordList(input, "Entries");
  if (entries.length === 0 || entries.length > 10) {
    const bound = entries.length === 0 ? "greater than or equal to 1" : "less than or equal to 10";
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
    );
  }
  if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) >= largestRequestBytes) {
    throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
  }
  const results = entries.map((entry) => readEntry(entry, scope));
  return {
    accepted: results.filter((result) => "event" in result),
    answer: {
      FailedEntryCount: results.filter((result) => "ErrorCode" in result).length,
      Entries: results.map((result) => ("event" in result ? { EventId: result.event.id } : result)),
    },
  };
}
