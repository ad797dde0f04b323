import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { createSubscriberQueue } from "../../../shared/client/invalidation/subscriber-queue.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { type AgentPush, sdkLimits, type SdkIdentity, unavailable } from "./agent-limits.ts";

/** For the requests that the agent waits for when it starts and when it stops. */
const queueLimits = {
  maxAttempts: 2,
  requestHandler: { ...sdkLimits.requestHandler, throwOnRequestTimeout: true },
} as const;

/** A queue of this instance's own, which is made and removed. Errors: `invalidation-unavailable`. */
export async function byTopic(
  topicArn: string,
  secrets: readonly string[] | undefined,
  identity: SdkIdentity,
): Promise<AgentPush> {
  const bounded = { ...identity, ...queueLimits };
  const [sqs, sns] = [new SQSClient(bounded), new SNSClient(bounded)];
  const { queueUrl, remove } = await createSubscriberQueue({ sqs, sns, topicArn, ...defined({ secrets }) }).catch(
    unavailable(topicArn),
  );
  return { source: sqsSource({ sqs: new SQSClient(identity), queueUrl }), release: remove };
}

export const byQueue = (queueUrl: string, identity: SdkIdentity): AgentPush => ({
  source: sqsSource({ sqs: new SQSClient(identity), queueUrl }),
  release: async () => undefined,
});
