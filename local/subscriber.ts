import type { Stack } from "./stack.ts";
import { subscriberTag } from "../shared/tags/tag-names.ts";

/**
 * What the EventBridge client of a subscriber is made with: a role with the tag `rekey:subscriber`, which may put its own
 * `Secret Adopted` on one bus and nothing else.
 */
export function subscriberConfig({ aws, accountId, clientConfig }: Stack, subscriber: string, eventBusName = "rekey") {
  const { region, endpoint } = clientConfig;
  const own = { "events:source": `rekey.subscriber.${subscriber}`, "events:detail-type": "Secret Adopted" };
  const policy = {
    Statement: {
      Effect: "Allow",
      Action: "events:PutEvents",
      Resource: `arn:aws:events:${region}:${accountId}:event-bus/${eventBusName}`,
      Condition: { StringEquals: own },
    },
  } as const;
  const tags = { [subscriberTag]: subscriber };
  return { endpoint, region, credentials: aws.principals.assumeRole(subscriber, "process", [policy], tags) };
}
