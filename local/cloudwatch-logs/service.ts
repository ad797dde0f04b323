import type { Members } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText, text } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";
import type { LogLine } from "../lambda/deployed-function.ts";

export interface CloudWatchLogsOptions {
  readonly region: string;
  readonly accountId: string;
  /** What the functions wrote. */
  readonly lines: () => readonly LogLine[];
}

const largestPage = 10_000;

function memberOf(line: string, name: string): unknown {
  try {
    return Reflect.get(Object(JSON.parse(line)), name);
  } catch {
    return undefined;
  }
}

/** Of the filter patterns, `{ $.name = "value" }` alone, and none. */
function filterOf(pattern: string): (line: string) => boolean {
  if (pattern === "") return () => true;
  const [, name, value] = /^\{\s*\$\.(\w+)\s*=\s*"([^"]*)"\s*\}$/u.exec(pattern) ?? [];
  if (name === undefined) {
    throw new AwsError("InvalidParameterException", "Invalid filter pattern, or one that is not emulated.");
  }
  return (line) => memberOf(line, name) === value;
}

/** As much of CloudWatch Logs as reading the functions' own groups needs: FilterLogEvents on `/aws/lambda/<name>`. */
export function createCloudWatchLogs({ region, accountId, lines }: CloudWatchLogsOptions): AwsService {
  const filter = (input: Members): Members => {
    const name = /^\/aws\/lambda\/([\w-]+)$/u.exec(text(input, "logGroupName"))?.[1];
    const ofGroup = lines().filter(({ functionName }) => functionName === name);
    if (ofGroup.length === 0) {
      throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    }
    const fits = filterOf(optionalText(input, "filterPattern") ?? "");
    const since = optionalInteger(input, "startTime") ?? 0;
    const until = optionalInteger(input, "endTime") ?? Number.POSITIVE_INFINITY;
    const found = ofGroup.filter(({ atMs, line }) => atMs >= since && atMs < until && fits(line));
    const most = Math.min(optionalInteger(input, "limit") ?? largestPage, largestPage);
    const from = Number(optionalText(input, "nextToken") ?? "0");
    return {
      events: found.slice(from, from + most).map(({ line, atMs }, index) => ({
        logStreamName: "local",
        timestamp: atMs,
        ingestionTime: atMs,
        message: line,
        eventId: String(from + index),
      })),
      searchedLogStreams: [],
      nextToken: from + most < found.length ? String(from + most) : undefined,
    };
  };
  return {
    name: "logs",
    targets: ["Logs_20140328"],
    resources: ({ input }) => [`arn:aws:logs:${region}:${accountId}:log-group:${text(input, "logGroupName")}:*`],
    async handle({ operation, input }) {
      if (operation !== "FilterLogEvents") {
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      }
      return { body: filter(input) };
    },
  };
}
