import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { awsErrorName, translateError } from "./translate-error.ts";

export interface AwsOperation {
  readonly operation: string;
  readonly resource: string;
  /** Whether what AWS says about it may be passed on: it speaks of templates and names alone. */
  readonly isTold?: boolean;
}

const mostTold = 600;

/**
 * An SDK error of any service of AWS as rekey's own. What the credentials, the network and the clock are at fault for is the
 * same for every service; the rest is `aws-refused`, with AWS's name for it.
 */
function awsFailure(
  error: unknown,
  { operation, resource, isTold = false }: AwsOperation,
  call: CallOptions,
): RekeyError {
  if (error instanceof RekeyError) return error;
  const told = translateError(error, call, { operation, secret: resource });
  const message = isTold && error instanceof Error ? { message: error.message.slice(0, mostTold) } : {};
  const context = { operation, resource, reason: awsErrorName(error), ...message };
  if (/^AuthorizationError|^UnauthorizedOperation/.test(context.reason))
    return new RekeyError("access-denied", { context });
  const isOfSecretsManager = /^(?:store|quota|secret|version|key)-/.test(told.code);
  return new RekeyError(isOfSecretsManager ? "aws-refused" : told.code, { context });
}

/** One call of AWS, with its failure translated. */
export async function awsCall<Answer>(
  what: AwsOperation,
  call: CallOptions,
  work: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work({ abortSignal: call.signal });
  } catch (error) {
    throw awsFailure(error, what, call);
  }
}
