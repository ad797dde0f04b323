import type { MessageAttributes } from "../aws/delivery.ts";
import { isMembers, type Members } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import { compilePattern } from "../eventbridge/pattern.ts";

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

function attributeValues(attributes: MessageAttributes): Members {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue = "" }]) => [
      name,
      DataType === "String" ? StringValue : parsed(StringValue),
    ]),
  );
}

/** Whether a message passes a subscription's filter policy. Errors: `InvalidParameter` for a policy that is none. */
export function compileFilter(
  policy: string | undefined,
  scope: string | undefined,
): (message: string, attributes: MessageAttributes) => boolean {
  if (policy === undefined || policy === "" || policy === "{}") return () => true;
  let matches: (event: Members) => boolean;
  try {
    matches = compilePattern(policy);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new AwsError("InvalidParameter", `Invalid parameter: FilterPolicy: ${reason}`);
  }
  if (scope !== "MessageBody") return (_message, attributes) => matches(attributeValues(attributes));
  return (message) => {
    const body = parsed(message);
    return isMembers(body) && matches(body);
  };
}
