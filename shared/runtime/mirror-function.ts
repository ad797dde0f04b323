import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { mirrorCurrent, secretArnOf } from "../operations/mirror-current.ts";
import { environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { lambda } from "./lambda.ts";
import { asRekeyError, report, reportFailure } from "./logger.ts";
import { invocationCalls } from "./time-budget.ts";
import { environmentMirror } from "./vault-mirror.ts";

/**
 * The Lambda handler of a queue of `Secret Rotated` events. Each record succeeds or fails by itself
 * (`batchItemFailures`): a failed one is delivered again and ends in the dead-letter queue.
 */
export function mirrorFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof lambda<SQSEvent, SQSBatchResponse>> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const ports = { store, mirror: environmentMirror(environment, store) };

  return lambda(
    (event) => ({ records: event.Records.length }),
    async (event, context) => {
      const { work } = invocationCalls(context);
      const failed: SQSRecord[] = [];
      for (const record of event.Records) {
        try {
          const secret = secretArnOf(record.body);
          report("mirrored", { secret, ...(await mirrorCurrent(ports, secret, work)) });
        } catch (error) {
          reportFailure("not mirrored", asRekeyError(error), { message: record.messageId });
          failed.push(record);
        }
      }
      const batchItemFailures = failed.map(({ messageId }) => ({ itemIdentifier: messageId }));
      return { answer: { batchItemFailures }, facts: { failed: failed.length } };
    },
  );
}
