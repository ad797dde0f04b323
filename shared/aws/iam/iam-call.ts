import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { translateError } from "../errors/translate-error.ts";

/** Codes that speak of Secrets Manager, in the words of a server that issues credentials. */
const ofServers: Readonly<Partial<Record<ErrorCode, readonly [code: ErrorCode, hint: string]>>> = {
  "access-denied": [
    "access-denied",
    "let the function's role do it on the user's ARN, with its path: the template's IamUserArns names the users",
  ],
  "quota-exceeded": ["aws-refused", "a quota of IAM is used up: look at the operation in the context"],
  "store-rejected": ["aws-refused", "look at AWS's own name for it in the context"],
  "store-throttled": ["database-busy", "IAM limits the rate of calls: the step is repeated; spread the schedules"],
  "store-unavailable": [
    "database-unreachable",
    "IAM or STS did not answer: check the function's way to them (NAT, VPC endpoint of STS)",
  ],
};

/** Others change the same user at this moment. */
const isPassing = (reason: unknown): boolean =>
  typeof reason === "string" && /^(?:ConcurrentModification|EntityTemporarilyUnmodifiable)/.test(reason);

function ofServer({ code, hint, context }: RekeyError): RekeyError {
  const { reason } = context;
  if (isPassing(reason)) {
    return new RekeyError("database-busy", { context, hint: "somebody changes this user, too: the step is repeated" });
  }
  // `translateError` takes it for a refusal of the function's own keys.
  const known = reason === "AccessDenied" ? "access-denied" : code;
  const [told, next] = ofServers[known] ?? [code, hint];
  const isSilent = known === "store-unavailable" && reason === "ETIMEDOUT";
  return new RekeyError(isSilent ? "database-timeout" : told, { context, hint: next });
}

/** One call of IAM or STS about a user or a key, with its failure translated. */
export async function iamCall<Answer>(
  what: { readonly operation: string; readonly user?: string; readonly key?: string },
  call: CallOptions,
  work: (options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work({ abortSignal: call.signal });
  } catch (error) {
    throw ofServer(translateError(error, call, what));
  }
}
