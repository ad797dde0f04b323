import { setTimeout as wait } from "node:timers/promises";
import { RekeyError } from "../../errors/reading-error.ts";
import type { Credentials } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Answer, exchanged } from "./exchanged.ts";
import { signedHeaders } from "./signature.ts";

export interface SignedCallerOptions {
  /** As signatures name it, such as `secretsmanager`. */
  readonly service: string;
  /** What goes before the operation in `x-amz-target`. */
  readonly target: string;
  readonly endpoint: Endpoint;
  readonly credentials: Credentials;
  /** Of a request, the first one among them. */
  readonly maxAttempts: number;
  readonly requestTimeoutMs: number;
}

/** Has the members by which rekey knows an error of the SDK; its message is the service's. */
interface ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: { readonly headers: Answer["headers"] };
}

type Members = Readonly<Record<string, unknown>>;

/** What the SDK's standard retry strategy repeats, but for names that EC2 and DynamoDB alone have. */
const throttles =
  /^((Request)?Throttl(ing|ed)|TooManyRequests|SlowDown|PriorRequestNotComplete|(Request|Bandwidth)LimitExceeded|ProvisionedThroughputExceeded)(Exception)?$/;
const transientStatus = new Set([500, 502, 503, 504]);
const clockErrors =
  /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|InvalidSignatureException|SignatureDoesNotMatch)$/;
const expired = /^ExpiredToken(Exception)?$/;
/** AWS allows five minutes. */
const mostSkewMs = 4 * 60_000;
const firstDelayMs = { throttled: 500, other: 100 };
const longestDelayMs = 20_000;

function membersOf(text: string): Members | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}

const textIn = (...values: readonly unknown[]): string | undefined => values.find((value) => typeof value === "string");

function errorOf({ status, headers, text }: Answer): ServiceError {
  const { __type: inBody, message, Message } = membersOf(text) ?? {};
  const type = textIn(headers["x-amzn-errortype"], inBody) ?? "UnknownError";
  const name = (type.split(":")[0] ?? "").replace(/^.*#/, "");
  return Object.assign(new Error(textIn(message, Message)), {
    name,
    $metadata: { httpStatusCode: status },
    $response: { headers },
  });
}

const isServiceError = (error: unknown): error is ServiceError => error instanceof Error && "$metadata" in error;

/**
 * Calls operations of a service that speaks AWS JSON 1.1, signed, with the retries of the SDKs' standard mode. Follows the
 * service's clock where the machine's is off. Rejects with errors that have name, status and headers where the SDK's have them.
 */
export function signedCaller(
  options: SignedCallerOptions,
): (operation: string, input: object, signal: AbortSignal) => Promise<Members> {
  const { service, target, endpoint, credentials, maxAttempts, requestTimeoutMs } = options;
  const { region, url } = endpoint;
  let skewMs = 0;

  async function attempt(operation: string, body: string, signal: AbortSignal): Promise<Members> {
    const keys = await credentials.keys();
    const unsigned = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${operation}` };
    const nowMs = Date.now() + skewMs;
    const headers = await signedHeaders({ host: url.host, body, headers: unsigned, service, region, nowMs }, keys);
    const within = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
    const answer = await exchanged({ method: "POST", url, headers, body, signal: within });
    const members = answer.status === 200 ? membersOf(answer.text) : undefined;
    if (members === undefined) throw errorOf(answer);
    return members;
  }

  /** Whether another try may end otherwise, and what has to be changed for it. */
  function mayRepeat(error: unknown): boolean {
    if (!isServiceError(error)) return !(error instanceof RekeyError);
    // A proxy's page, where an answer should be.
    if (error.$metadata.httpStatusCode === 200) return true;
    if (clockErrors.test(error.name)) {
      const offMs = Date.parse(String(error.$response.headers.date)) - Date.now();
      if (!(Math.abs(offMs - skewMs) > mostSkewMs)) return false;
      skewMs = offMs;
      return true;
    }
    if (expired.test(error.name)) {
      credentials.forget();
      return true;
    }
    return throttles.test(error.name) || transientStatus.has(error.$metadata.httpStatusCode);
  }

  function delayMs(error: unknown, attempts: number): number {
    const isThrottled = isServiceError(error) && throttles.test(error.name);
    const longest = firstDelayMs[isThrottled ? "throttled" : "other"] * 2 ** (attempts - 1);
    const asked = isServiceError(error) ? Number(error.$response.headers["retry-after"] ?? 0) * 1_000 : 0;
    return Math.min(longestDelayMs, Math.max(Math.random() * longest, asked || 0));
  }

  return async (operation, input, signal) => {
    const body = JSON.stringify(input);
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(operation, body, signal);
      } catch (error) {
        if (signal.aborted || attempts >= maxAttempts || !mayRepeat(error)) throw error;
        await wait(delayMs(error, attempts), undefined, { signal });
      }
    }
  };
}
