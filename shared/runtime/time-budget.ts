import type { Context } from "aws-lambda";
import type { InvocationCalls } from "../rotation/invocation.ts";
import type { CallOptions } from "../ports/call.ts";

/** Kept back so that a failure can still be published and logged before Lambda ends the invocation. */
const tellReserveMs = 2_500;
const exitReserveMs = 500;

const until = (remainingMs: number, reserveMs: number): CallOptions => ({
  signal: AbortSignal.timeout(Math.max(remainingMs - reserveMs, 1)),
});

/** The deadlines of one invocation, from the time that Lambda says is left. */
export function invocationCalls(context: Pick<Context, "getRemainingTimeInMillis">): InvocationCalls {
  const remainingMs = context.getRemainingTimeInMillis();
  return { work: until(remainingMs, tellReserveMs), tell: until(remainingMs, exitReserveMs) };
}
