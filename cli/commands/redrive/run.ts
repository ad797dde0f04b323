import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { redrive } from "../../../shared/aws/sqs/dead-letters.ts";
import type { Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";

/** Moves what is in a dead-letter queue back, and prints how much. */
export const run: Run = async ([queueArn = ""], options, call) => {
  const returned = await redrive({ sqs: new SQSClient({}), sns: new SNSClient({}) }, queueArn, call);
  if (flagOption(options, "json")) printJson({ returned });
  else print(`${queueArn}: ${returned} given back`);
  return 0;
};
