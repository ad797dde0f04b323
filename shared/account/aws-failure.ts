import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../rotation/ports.ts";
import { awsErrorName, translateError } from "../stores/translate-error.ts";

/**
 * An SDK error of any service of AWS as rekey's own. What the credentials, the network and the clock are at fault for is the
 * same for every service; the rest is `aws-refused`, with AWS's name for it.
 */
export function awsFailure(
  error: unknown,
  { operation, resource }: { readonly operation: string; readonly resource: string },
  call: CallOptions,
): RekeyError {
  if (error instanceof RekeyError) return error;
  const told = translateError(error, call, { operation, secret: resource });
  const context = { operation, resource, reason: awsErrorName(error) };
  if (/^AuthorizationError|^UnauthorizedOperation/.test(context.reason))
    return new RekeyError("access-denied", { context });
  const isOfSecretsManager = /^(?:store|quota|secret|version|key)-/.test(told.code);
  return new RekeyError(isOfSecretsManager ? "aws-refused" : told.code, { context });
}

/** One call of AWS, with its failure translated. */
export async function awsCall<Answer>(
  what: { readonly operation: string; readonly resource: string },
  call: CallOptions,
  work: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work({ abortSignal: call.signal });
  } catch (error) {
    throw awsFailure(error, what, call);
  }
}
