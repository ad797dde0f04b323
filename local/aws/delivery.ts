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
}

const operations: Readonly<Record<string, { readonly operation: string; readonly action: string }>> = {
  sqs: { operation: "SendMessage", action: "sqs:SendMessage" },
  sns: { operation: "Publish", action: "sns:Publish" },
  lambda: { operation: "Invoke", action: "lambda:InvokeFunction" },
  events: { operation: "PutEvents", action: "events:PutEvents" },
};

/** The services that can be reached this way, each checked against its resource policy as AWS does. */
export function createDeliveries(
  faults: Faults,
  accountId: string,
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
