import { type CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { codes, type ErrorCode } from "../../errors/codes.ts";
import type { StepLog, StepRecord } from "../../ports/records.ts";
import type { RotationStep } from "../../ports/rotation.ts";
import { translateError } from "../errors/translate-records-error.ts";

/** A page may be empty and yet not the last; a look ends after so many. */
const pages = 20;

const steps: readonly RotationStep[] = ["createSecret", "setSecret", "testSecret", "finishSecret", "retirePrevious"];
const isCode = (text: unknown): text is ErrorCode => typeof text === "string" && Object.hasOwn(codes, text);

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(line.slice(line.indexOf("{"))) };
  } catch {
    return {};
  }
}

/** A line of a rotation function, as `shared/runtime/lambda.ts` writes it; `undefined` for any other. */
function stepIn(line: string, secretArn: string): StepRecord | undefined {
  const { message, step: name, secret, version, outcome, durationMs, at, code, hint } = fieldsOf(line);
  const step = steps.find((known) => known === name);
  const time = new Date(typeof at === "string" ? at : Number.NaN);
  if (secret !== secretArn || step === undefined || typeof version !== "string" || Number.isNaN(time.getTime())) {
    return undefined;
  }
  const of = { versionId: version, step, at: time };
  if (message === "failed") {
    return {
      ...of,
      outcome: "failed",
      ...(isCode(code) ? { code } : {}),
      ...(typeof hint === "string" ? { hint } : {}),
    };
  }
  if (message !== "done" || (outcome !== "done" && outcome !== "already-done")) return undefined;
  return { ...of, outcome, ...(typeof durationMs === "number" ? { durationMs } : {}) };
}

/** `/aws/lambda/<name>`, where Lambda and the template put it. */
const logGroupOf = (functionArn: string): string => `/aws/lambda/${functionArn.split(":")[6] ?? functionArn}`;

/** The log of a rotation function in CloudWatch Logs, which shows a line some seconds after it was written. */
export function stepLog(client: CloudWatchLogsClient): StepLog {
  return {
    async steps(functionArn, { secretArn, since }, call) {
      const found: StepRecord[] = [];
      let nextToken: string | undefined;
      try {
        for (let page = 1; page <= pages; page++) {
          const command = new FilterLogEventsCommand({
            logGroupName: logGroupOf(functionArn),
            startTime: Math.max(since.getTime(), 0),
            filterPattern: `{ $.secret = "${secretArn}" }`,
            nextToken,
          });
          const { events = [], nextToken: next } = await client.send(command, { abortSignal: call.signal });
          for (const { message = "" } of events) {
            const step = stepIn(message, secretArn);
            if (step !== undefined) found.push(step);
          }
          nextToken = next;
          if (nextToken === undefined) break;
        }
      } catch (error) {
        throw translateError(error, call, { operation: "FilterLogEvents", secret: secretArn });
      }
      return found.sort((one, other) => one.at.getTime() - other.at.getTime());
    },
  };
}
