import { randomUUID } from "node:crypto";
import type { Deliver } from "../aws/delivery.ts";
import type { Members } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText, record } from "../aws/members.ts";
import type { Principal } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import type { InvocationOutcome } from "./container.ts";
import { defined } from "../../shared/secrets/defined.ts";

/** What becomes of an invocation that nobody waits for. */
export interface InvokeConfig {
  /** 0-2; default 2. */
  readonly maximumRetries?: number;
  readonly maximumAgeMs?: number;
  readonly onFailureArn?: string;
}

/** The input of PutFunctionEventInvokeConfig. */
export function readInvokeConfig(input: Members): InvokeConfig {
  const maximumRetries = optionalInteger(input, "MaximumRetryAttempts");
  const ageSeconds = optionalInteger(input, "MaximumEventAgeInSeconds");
  const onFailureArn = optionalText(record(record(input, "DestinationConfig"), "OnFailure"), "Destination");
  return {
    ...defined({ maximumRetries }),
    ...(ageSeconds === undefined ? {} : { maximumAgeMs: ageSeconds * 1000 }),
    ...defined({ onFailureArn }),
  };
}

export interface AsyncInvocationOptions extends InvokeConfig {
  readonly functionArn: string;
  /** The function's role, which sends to the destination. */
  readonly role: Principal;
  readonly clock: Clock;
  readonly deliver: Deliver;
  readonly invoke: (event: string, requestId: string) => Promise<InvocationOutcome>;
}

/** Lambda's waits before the second and the third try. */
const waitsMs = [60_000, 120_000];

/** An invocation that nobody waits for: tried up to three times on the clock, then handed to the OnFailure destination. */
export async function invokeAsync(event: string, options: AsyncInvocationOptions): Promise<void> {
  const { clock, functionArn, maximumRetries = 2, maximumAgeMs = 21_600_000 } = options;
  const requestId = randomUUID();
  const startedMs = clock.now();
  let outcome = await options.invoke(event, requestId);
  let tries = 1;
  for (const waitMs of waitsMs.slice(0, maximumRetries)) {
    const nextMs = clock.now() + waitMs;
    if (outcome.ok || nextMs - startedMs > maximumAgeMs) break;
    await new Promise<void>((resolve) => void clock.at(nextMs, resolve));
    outcome = await options.invoke(event, requestId);
    tries += 1;
  }
  if (outcome.ok || options.onFailureArn === undefined) return;
  const record = {
    version: "1.0",
    timestamp: new Date(clock.now()).toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition: tries > maximumRetries ? "RetriesExhausted" : "EventAgeExceeded",
      approximateInvokeCount: tries,
    },
    requestPayload: JSON.parse(event),
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: outcome.error,
  };
  await options.deliver({
    targetArn: options.onFailureArn,
    body: JSON.stringify(record),
    caller: options.role,
    sourceArn: functionArn,
  });
}
