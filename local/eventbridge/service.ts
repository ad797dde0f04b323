import { randomUUID } from "node:crypto";
import { AwsError, type AwsService } from "../aws/service.ts";
import type { Clock } from "../clock.ts";

/** An event as EventBridge hands it to a target. */
export interface Envelope {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface EventBridgeOptions {
  readonly clock: Clock;
  readonly accountId: string;
  readonly deliver: (bus: string, event: Envelope) => void;
}

type Entry = Readonly<Record<string, unknown>>;
type EntryResult = { readonly EventId: string } | { readonly ErrorCode: string; readonly ErrorMessage: string };

const refused = (ErrorCode: string, ErrorMessage: string): EntryResult => ({ ErrorCode, ErrorMessage });
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function detailOf(text: string): unknown {
  try {
    const detail: unknown = JSON.parse(text);
    return typeof detail === "object" && detail !== null && !Array.isArray(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** PutEvents of EventBridge (the classic bus): each entry succeeds or fails by itself, and the answer is 200 all the same. */
export function createEventBridge({ clock, accountId, deliver }: EventBridgeOptions): AwsService {
  const put = (entry: Entry, region: string): EntryResult => {
    const { Source: source, DetailType: detailType, Detail: text, EventBusName: bus, Resources: resources } = entry;
    if (!isText(source) || !isText(detailType) || !isText(text)) {
      return refused("InvalidArgument", "Source, DetailType and Detail are required. Reason: a parameter is missing.");
    }
    if (source.startsWith("aws.")) return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
    const detail = detailOf(text);
    if (detail === undefined) return refused("MalformedDetail", "Detail is malformed.");
    const id = randomUUID();
    deliver(isText(bus) ? (bus.split("/").at(-1) ?? bus) : "default", {
      version: "0",
      id,
      "detail-type": detailType,
      source,
      account: accountId,
      time: new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
      region,
      resources: Array.isArray(resources) ? resources.map(String) : [],
      detail,
    });
    return { EventId: id };
  };

  return {
    name: "events",
    targets: ["AWSEvents"],
    resources: () => [],
    async handle({ operation, input, region }) {
      if (operation !== "PutEvents") throw new AwsError("UnknownOperationException", `Unknown operation ${operation}`);
      const { Entries: entries } = input;
      if (!Array.isArray(entries) || entries.length < 1 || entries.length > 10) {
        throw new AwsError("ValidationException", "1 validation error detected: Entries must have length from 1 to 10");
      }
      const results = entries.map((entry: unknown) =>
        put(typeof entry === "object" && entry !== null ? { ...entry } : {}, region),
      );
      return { body: { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results } };
    },
  };
}
