import type { Faults } from "./faults.ts";
import { denial, type Caller } from "./iam.ts";
import { AwsError, type AwsService } from "./service.ts";

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Base64. */
  readonly BinaryValue?: string;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** A message that one service hands to another: a rule to its target, a topic to a subscriber, a function to a destination. */
export interface Delivery {
  readonly targetArn: string;
  readonly body: string;
  readonly caller: Caller;
  /** The rule, topic or function that it comes from. */
  readonly sourceArn: string;
  readonly messageAttributes?: MessageAttributes;
}

/** Why a delivery failed. The first two cannot get better by trying again. */
export interface DeliveryFailure {
  readonly code: "NO_PERMISSIONS" | "NO_RESOURCE" | "THROTTLING" | "INTERNAL_ERROR";
  readonly message: string;
}

/** Hands a message over; `undefined` when the target has it. A cut may deliver and still report a failure. */
export type Deliver = (delivery: Delivery) => Promise<DeliveryFailure | undefined>;

/** A service that takes messages from other services. */
export interface DeliveryTarget extends AwsService {
  exists(arn: string): boolean;
  /** Condition keys of what is handed over, in addition to where it comes from. */
  keysOf?(delivery: Delivery): Readonly<Record<string, string>>;
  accept(delivery: Delivery): Promise<void>;
  /** The KMS key that what is handed over is encrypted with, where there is one. */
  keyOf?(arn: string): string | undefined;
}

/** Why a caller may not use a KMS key; `undefined` when it may. */
export type RefusalOfKey = (use: {
  readonly key: string;
  readonly caller: Caller;
  readonly actions: readonly string[];
  readonly context: Readonly<Record<string, string | undefined>>;
}) => string | undefined;

const operations: Readonly<Record<string, { readonly operation: string; readonly action: string }>> = {
  sqs: { operation: "SendMessage", action: "sqs:SendMessage" },
  sns: { operation: "Publish", action: "sns:Publish" },
  lambda: { operation: "Invoke", action: "lambda:InvokeFunction" },
  events: { operation: "PutEvents", action: "events:PutEvents" },
};

/** What a service says that it encrypts, by which a key's policy can tell its uses apart. */
const encryptionContext: Readonly<Record<string, string>> = {
  sns: "kms:EncryptionContext:aws:sns:topicArn",
  sqs: "kms:EncryptionContext:aws:sqs:arn",
};

/** What encrypts needs both: a new data key, and the key that was used last. */
const keyActions = ["kms:GenerateDataKey", "kms:Decrypt"];

/**
 * The services that can be reached this way, each checked against its resource policy and its key's policy as AWS does.
 * EventBridge does not say where an event comes from to the key of a topic, as it does to that of a queue.
 */
export function createDeliveries(
  faults: Faults,
  accountId: string,
  refusalOfKey: RefusalOfKey = () => undefined,
): { readonly deliver: Deliver; connect(target: DeliveryTarget): void } {
  const targets = new Map<string, DeliveryTarget>();

  const deliver: Deliver = async (delivery) => {
    const { targetArn, caller, sourceArn } = delivery;
    const service = targetArn.split(":")[2] ?? "";
    const target = targets.get(service);
    const kind = operations[service];
    if (target === undefined || kind === undefined || !target.exists(targetArn)) {
      return { code: "NO_RESOURCE", message: `The target ${targetArn} does not exist.` };
    }
    const principal = "service" in caller ? caller.service : caller.arn;
    try {
      const fault = await faults.strike({ service, operation: kind.operation, principal });
      if (fault === "refuse") return { code: "INTERNAL_ERROR", message: "The target did not answer." };
      const reason = denial({
        caller,
        action: kind.action,
        resource: targetArn,
        resourcePolicy: target.resourcePolicy?.(targetArn),
        context: { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountId, ...target.keysOf?.(delivery) },
      });
      if (reason !== undefined) {
        return {
          code: "NO_PERMISSIONS",
          message: `${principal} may not call ${kind.action} on ${targetArn} ${reason}`,
        };
      }
      const key = target.keyOf?.(targetArn);
      const isSilent = service === "sns" && principal === "events.amazonaws.com";
      const source = isSilent ? {} : { "aws:SourceArn": sourceArn, "aws:SourceAccount": accountId };
      const context = { ...source, [encryptionContext[service] ?? ""]: targetArn };
      const noKey = key === undefined ? undefined : refusalOfKey({ key, caller, actions: keyActions, context });
      if (noKey !== undefined) {
        const message = `${principal} may not use the key of ${targetArn} ${noKey}`;
        return { code: "NO_PERMISSIONS", message };
      }
      await target.accept(delivery);
      return fault === "cut" ? { code: "INTERNAL_ERROR", message: "The target's answer was lost." } : undefined;
    } catch (error) {
      const throttled = error instanceof AwsError && error.type === "ThrottlingException";
      return {
        code: throttled ? "THROTTLING" : "INTERNAL_ERROR",
        message: error instanceof Error ? error.message : "The target failed.",
      };
    }
  };
  return { deliver, connect: (target) => void targets.set(target.name, target) };
}
