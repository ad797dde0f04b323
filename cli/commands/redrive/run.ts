import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { redrive } from "../../../shared/aws/sqs/dead-letters.ts";
import { print, printJson } from "../../output/output.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";

/** Gives back what lies in a dead-letter queue, by its ARN, and prints how much. Returns the exit code. */
export async function redriveCommand(
  queueArn: string,
  options: { readonly json: boolean },
  call: CallOptions,
): Promise<number> {
  const returned = await redrive({ sqs: new SQSClient({}), sns: new SNSClient({}) }, queueArn, call);
  if (options.json) printJson({ returned });
  else print(`${queueArn}: ${returned} given back`);
  return 0;
}
