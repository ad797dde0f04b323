import { RekeyError } from "../errors/rekey-error.ts";
import { type DeliveredEvent, deliveredEvent } from "../events/delivered-event.ts";
import { type SignatureCheck, signatureProblem } from "./signature.ts";

export interface WebhookRequest {
  /** As it was received, byte for byte: a body that was parsed and written again has another signature. */
  readonly body: string;
  /** The header `Rekey-Signature`. */
  readonly signature: string | undefined;
}

/** An event as EventBridge made it; `id` is the same in each delivery of it. */
export interface WebhookEvent {
  readonly id: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const rejected = (problem: string): RekeyError => new RekeyError("webhook-rejected", { context: { problem } });

function parsed(body: string): DeliveredEvent {
  try {
    return deliveredEvent(JSON.parse(body));
  } catch {
    throw rejected("not JSON");
  }
}

/**
 * For receivers: returns the event of a request that rekey signed with one of these keys, not longer ago than the window
 * (300,000 ms unless said; clocks may differ by as much). Within the window a request may be replayed; an event says what
 * is current, so that does no harm, and `id` tells a repetition. Errors: `webhook-rejected`, without any of the body;
 * `option-invalid` for a key of less than 16 bytes.
 */
export function verifyWebhook({ body, signature }: WebhookRequest, check: SignatureCheck): WebhookEvent {
  const problem = signatureProblem(body, signature, check);
  if (problem !== undefined) throw rejected(problem);
  const { id, type, detail = {} } = parsed(body);
  return { id: String(id), detailType: String(type), detail };
}
