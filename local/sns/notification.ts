import type { Delivery, MessageAttributes } from "../aws/delivery.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface Notification {
  readonly id: string;
  readonly topicArn: string;
  readonly message: string;
  readonly subject?: string;
  readonly attributes: MessageAttributes;
  /** RFC 3339, with milliseconds. */
  readonly timestamp: string;
}

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: "sqs" | "lambda";
  readonly endpoint: string;
  readonly owner: string;
  readonly attributes: Map<string, string>;
}

/** The notification as SNS writes it; its signature is empty, since nobody here could verify one. */
function envelope(notification: Notification): Record<string, unknown> {
  const attributes = Object.entries(notification.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    { Type: DataType, Value: StringValue ?? BinaryValue },
  ]);
  return {
    Type: "Notification",
    MessageId: notification.id,
    TopicArn: notification.topicArn,
    ...defined({ Subject: notification.subject }),
    Message: notification.message,
    Timestamp: notification.timestamp,
    SignatureVersion: "1",
    Signature: "",
    ...(attributes.length === 0 ? {} : { MessageAttributes: Object.fromEntries(attributes) }),
  };
}

/** What a subscriber's queue or function is handed. */
export function toDelivery(subscription: Subscription, notification: Notification): Delivery {
  const base = {
    targetArn: subscription.endpoint,
    caller: { service: "sns.amazonaws.com" },
    sourceArn: subscription.topicArn,
  };
  if (subscription.protocol === "lambda") {
    const record = {
      EventSource: "aws:sns",
      EventVersion: "1.0",
      EventSubscriptionArn: subscription.arn,
      Sns: envelope(notification),
    };
    return { ...base, body: JSON.stringify({ Records: [record] }) };
  }
  if (subscription.attributes.get("RawMessageDelivery") === "true") {
    return { ...base, body: notification.message, messageAttributes: notification.attributes };
  }
  return { ...base, body: JSON.stringify(envelope(notification)) };
}
