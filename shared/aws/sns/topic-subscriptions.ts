import { ListSubscriptionsByTopicCommand, type SNSClient, UnsubscribeCommand } from "@aws-sdk/client-sns";
import type { Subscription, Topic } from "../../ports/account.ts";
import { awsErrorName } from "../errors/translate-error.ts";
import { awsCall } from "../errors/aws-failure.ts";

const isAbsent = (error: unknown): boolean => awsErrorName(error).startsWith("NotFound");

/** One SNS topic, as far as who hears it. */
export function snsTopic(sns: SNSClient, TopicArn: string): Topic {
  return {
    async subscriptions(call) {
      const found: Subscription[] = [];
      let NextToken: string | undefined;
      do {
        const command = new ListSubscriptionsByTopicCommand({ TopicArn, NextToken });
        const page = await awsCall(
          { operation: "ListSubscriptionsByTopic", resource: TopicArn },
          call,
          async (options) =>
            sns.send(command, options).catch((error: unknown) => {
              if (isAbsent(error)) return undefined;
              throw error;
            }),
        );
        for (const { SubscriptionArn: arn = "", Protocol = "", Endpoint = "" } of page?.Subscriptions ?? []) {
          const isConfirmed = arn.startsWith("arn:");
          found.push({ protocol: Protocol, endpoint: Endpoint, ...(isConfirmed ? { subscriptionArn: arn } : {}) });
        }
        NextToken = page?.NextToken;
      } while (NextToken !== undefined);
      return found;
    },
    async unsubscribe(SubscriptionArn, call) {
      await awsCall({ operation: "Unsubscribe", resource: SubscriptionArn }, call, async (options) =>
        sns.send(new UnsubscribeCommand({ SubscriptionArn }), options).catch((error: unknown) => {
          if (!isAbsent(error)) throw error;
        }),
      );
    },
  };
}
