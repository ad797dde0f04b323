import type { ErrorCode } from "../../errors/codes.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { type Detached, type Detachment, type DetachPorts, detachSecret } from "./detach-secret.ts";
import type { Subscription, Topic } from "../../ports/account.ts";

export interface DetachOptions {
  readonly removeTags: boolean;
  /** The topic, with those of its subscriptions that are to be removed. */
  readonly topic?: { readonly of: Topic; readonly remove: readonly Subscription[] };
}

export type DetachEvent =
  | ({ readonly type: "secret" } & Pick<Detached, "secretArn" | "name" | "outcome" | "removedTags">)
  | {
      readonly type: "secret";
      readonly secretArn: string;
      readonly name: string;
      readonly outcome: "failed";
      readonly code: ErrorCode;
      readonly hint: string;
    }
  | ({ readonly type: "unsubscribed" } & Subscription);

/**
 * Detaches one secret after the other, and removes subscriptions once all are detached: until then a rotation may end that
 * subscribers must hear of. What fails for one secret is an event with its code, and the others are done. Cut anywhere and
 * repeated, it comes to the same end. Errors: those of the topic; `time-budget-spent` when the signal fires.
 */
export async function* detachAll(
  ports: DetachPorts,
  secrets: readonly Detachment[],
  { removeTags, topic }: DetachOptions,
  call: CallOptions,
): AsyncGenerator<DetachEvent> {
  let failed = 0;
  for (const { secretArn, name } of secrets) {
    try {
      const { outcome, removedTags } = await detachSecret(ports, secretArn, { removeTags }, call);
      yield { type: "secret", secretArn, name, outcome, removedTags };
    } catch (error) {
      if (!isRekeyError(error) || call.signal.aborted) throw error;
      failed += 1;
      yield { type: "secret", secretArn, name, outcome: "failed", code: error.code, hint: error.hint };
    }
  }
  if (topic === undefined || failed > 0) return;
  for (const subscription of topic.remove) {
    if (subscription.subscriptionArn === undefined) continue;
    await topic.of.unsubscribe(subscription.subscriptionArn, call);
    yield { type: "unsubscribed", ...subscription };
  }
}
