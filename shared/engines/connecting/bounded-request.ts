import { RekeyError } from "../../errors/rekey-error.ts";
import { exchange, type HttpAnswer, type Exchange, HttpFault } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { IsGranted } from "./granted-origins.ts";
import { httpFaultCodes } from "./http-fault-codes.ts";

const timeoutMs = 5_000;
const maxAnswerBytes = 1024 * 1024;

const notGranted = (origin: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: "REKEY_HTTP_API_ORIGINS", origin, problem },
    hint: "without a grant only https to public addresses is used; where this API is meant, add its origin to the function's REKEY_HTTP_API_ORIGINS (parameter HttpApiOrigins)",
  });

/** Plain http is for origins that the function's configuration grants. Errors: `option-invalid`. */
export function requireGrantForHttp(origin: string, isGranted: IsGranted): void {
  if (origin.startsWith("http:") && !isGranted(origin)) throw notGranted(origin, "plain http");
}

/**
 * One request to an API that is a stranger's: 5 seconds, 1 MiB, no redirect, and only https to public addresses unless the
 * function's configuration grants the origin. Errors: one for each way that there is no answer; a refusal is an answer.
 */
export async function boundedRequest(
  { origin, path, isGranted }: { readonly origin: string; readonly path: string; readonly isGranted: IsGranted },
  request: Omit<Exchange, "timeoutMs" | "maxAnswerBytes" | "publicOnly" | "signal">,
  { signal }: CallOptions,
): Promise<HttpAnswer> {
  requireGrantForHttp(origin, isGranted);
  const publicOnly = !isGranted(origin);
  try {
    return await exchange(`${origin}${path}`, { ...request, signal, timeoutMs, maxAnswerBytes, publicOnly });
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    if (error.failure === "internal") throw notGranted(origin, "an internal address");
    const host = new URL(origin).hostname;
    throw new RekeyError(httpFaultCodes[error.failure], { context: { host, reason: error.reason } });
  }
}

/** Seconds, as rate limits give them; a date is not read. At most an hour is believed. */
export function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const seconds = /^\d{1,4}$/.exec(headers["retry-after"] ?? "")?.[0];
  return seconds === undefined ? undefined : Math.min(Number(seconds), 3_600) * 1_000;
}

/** Whether an API says by this status that the same request may succeed later. */
export const isBusy = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 502 && status <= 504);
