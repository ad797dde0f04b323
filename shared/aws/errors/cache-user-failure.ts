import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { awsErrorName, translateError } from "./translate-error.ts";

export interface CacheUserOperation {
  /** As IAM spells it: `elasticache:ModifyUser`. */
  readonly operation: string;
  readonly arn: string;
}

/** What is a fault of Secrets Manager elsewhere is one of the service that keeps the user. */
const inPlaceOf = new Map<ErrorCode, ErrorCode>([
  ["quota-exceeded", "database-busy"],
  ["secret-not-found", "credential-refused"],
  ["store-rejected", "aws-refused"],
  ["store-throttled", "database-busy"],
  ["store-unavailable", "database-unreachable"],
]);

const hints: Readonly<Partial<Record<ErrorCode, (operation: CacheUserOperation) => string>>> = {
  "access-denied": ({ operation, arn }) =>
    `grant ${operation} on ${arn} to the function's role (template parameter CacheUserArns)`,
  "account-unsupported": () =>
    "the service takes one or two passwords of 16 to 128 printable characters; the context has its own name for the fault",
  "credential-refused": ({ arn }) => `there is no user ${arn}: correct user_arn in the secret, or make the user`,
  "database-busy": () => "the service limits the rate of calls; the step is repeated",
  "database-timeout": () => "the service's API took the call and did not answer in time; the step is repeated",
  "database-unreachable": () =>
    "check the way from the function to the service's API: a NAT gateway, or a VPC endpoint of the service",
};

/** In the query protocol STS speaks of the process's own role by the same names; here they are about the call. */
const denied = /^(?:AccessDenied|AuthorizationError|UnauthorizedOperation)/u;

function codeOf(error: unknown, told: RekeyError): ErrorCode {
  const name = awsErrorName(error);
  if (denied.test(name)) return "access-denied";
  if (name === "UserNotFoundFault") return "credential-refused";
  // The SDK calls a connection that was cut a time-out, too.
  if (/^(?:TimeoutError|ETIMEDOUT)$/u.test(String(told.context["reason"]))) return "database-timeout";
  if (name.startsWith("InvalidParameter")) return "account-unsupported";
  return inPlaceOf.get(told.code) ?? told.code;
}

/**
 * One call about a user, with its failure as rekey's own; a fault that is `expected`, by its name, is an answer. AWS's message
 * may repeat a password and stays behind.
 */
export async function cacheUserCall<Answer>(
  about: CacheUserOperation,
  call: CallOptions,
  expected: ReadonlyMap<string, Answer>,
  work: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work({ abortSignal: call.signal });
  } catch (error) {
    const name = awsErrorName(error);
    const answer = expected.get(name);
    if (answer !== undefined) return answer;
    const told = translateError(error, call, { operation: about.operation, user: about.arn });
    const code = codeOf(error, told);
    throw new RekeyError(code, { context: { reason: name, ...told.context }, hint: hints[code]?.(about) ?? told.hint });
  }
}
