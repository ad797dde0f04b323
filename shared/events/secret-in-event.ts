import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";

export const arnOfSecret = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.{1,512}-[A-Za-z0-9]{6}$/;

/** The secret's ARN in one of rekey's events as EventBridge delivers it. Errors: `event-malformed`. */
export function secretArnOf(body: string): string {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    throw new RekeyError("event-malformed", { context: { problem: "not JSON" } });
  }
  const secretArn = memberAt(event, "detail", "secretArn");
  if (typeof secretArn !== "string" || !arnOfSecret.test(secretArn)) {
    throw new RekeyError("event-malformed", { context: { problem: "no detail.secretArn" } });
  }
  return secretArn;
}
