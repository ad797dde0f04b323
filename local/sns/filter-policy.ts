import type { MessageAttributes } from "../aws/delivery.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { AwsError } from "../aws/service.ts";
import { compilePattern } from "../eventbridge/pattern.ts";

const longestPolicy = 262_144;

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

/** The values of all arrays, multiplied, as SNS counts a policy's complexity. */
function combinations(policy: unknown): number {
  if (Array.isArray(policy)) return policy.length;
  return isMembers(policy) ? Object.values(policy).reduce<number>((all, part) => all * combinations(part), 1) : 1;
}

const isNested = (policy: unknown): boolean => isMembers(policy) && Object.values(policy).some(isMembers);

/** Errors: `InvalidParameter` for more than SNS takes. Source: its guide `subscription-filter-policy-constraints`. */
function checkBounds(policy: string, scope: string | undefined): void {
  const refuse = (reason: string): AwsError =>
    new AwsError("InvalidParameter", `Invalid parameter: FilterPolicy: ${reason}`);
  if (combinations(parsed(policy)) > 150) throw refuse("Filter policy is too complex");
  if (scope !== "MessageBody" && isNested(parsed(policy)))
    throw refuse("Filter policy scope MessageAttributes does not support nested filter policy");
}

/** Whether a message passes a subscription's filter policy. Errors: `InvalidParameter` for a policy that is none. */
export function compileFilter(
  policy: string | undefined,
  scope: string | undefined,
): (message: string, attributes: MessageAttributes) => boolean {
  if (policy === undefined || policy === "" || policy === "{}") return () => true;
  let matches: (event: Members) => boolean;
  try {
    matches = compilePattern(policy, longestPolicy);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new AwsError("InvalidParameter", `Invalid parameter: FilterPolicy: ${reason}`);
  }
  checkBounds(policy, scope);
  if (scope !== "MessageBody") return (_message, attributes) => matches(attributeValues(attributes));
  return (message) => {
    const body = parsed(message);
    return isMembers(body) && matches(body);
  };
}
