import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { guardProcess } from "./process-guard.ts";
import { type Facts, report, reportFailure } from "./logger.ts";

/** A handler's answer together with what the log should say of it. */
export interface Handled<Answer> {
  readonly answer: Answer;
  readonly facts: Facts;
}

/**
 * A Lambda entry point: one log line for each invocation, and only rekey's own errors leave it, so that nothing a driver
 * or an SDK put into an error, or left to nobody, reaches the log or the caller.
 */
export function lambda<Event, Answer>(
  describe: (event: Event) => Facts,
  work: (event: Event, context: Context) => Promise<Handled<Answer>>,
): middy.MiddyfiedHandler<Event, Answer> {
  if (process.env["_HANDLER"] !== undefined) guardProcess();
  return middy<Event, Answer>()
    .use({
      onError: (request) => {
        request.error = reportFailure("failed", request.error, describe(request.event));
      },
    })
    .handler(async (event, context) => {
      const startedMs = performance.now();
      const { answer, facts } = await work(event, context);
      report("done", { ...describe(event), ...facts, durationMs: Math.round(performance.now() - startedMs) });
      return answer;
    });
}
