import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { CallOptions } from "../ports/call.ts";
import { lambda } from "./lambda.ts";
import { type Facts, report, reportFailure } from "./logger.ts";
import { invocationCalls } from "./time-budget.ts";

export interface RecordOutcome {
  readonly facts: Facts;
  /** Nothing went wrong, but the record is to come again, after its visibility timeout. */
  readonly again?: boolean;
}

/**
 * The Lambda handler of a queue. Each record succeeds or fails by itself (`batchItemFailures`): a failed one is delivered
 * again and ends in the dead-letter queue. `done` and `notDone` head the record's log line.
 */
export function queueFunction(
  { done, notDone }: { readonly done: string; readonly notDone: string },
  work: (record: SQSRecord, call: CallOptions) => Promise<RecordOutcome>,
): ReturnType<typeof lambda<SQSEvent, SQSBatchResponse>> {
  return lambda(
    (event) => ({ records: event.Records.length }),
    async (event, context) => {
      const { work: call } = invocationCalls(context);
      const again: string[] = [];
      let failed = 0;
      for (const record of event.Records) {
        try {
          const outcome = await work(record, call);
          report(done, outcome.facts);
          if (outcome.again === true) again.push(record.messageId);
        } catch (error) {
          reportFailure(notDone, error, { messageId: record.messageId });
          failed += 1;
          again.push(record.messageId);
        }
      }
      const batchItemFailures = again.map((itemIdentifier) => ({ itemIdentifier }));
      return { answer: { batchItemFailures }, facts: { failed, waiting: again.length - failed } };
    },
  );
}
