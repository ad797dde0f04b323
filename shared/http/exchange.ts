import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `application/json`, unless `headers` has another `content-type`. */
  readonly json?: object | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** PEM of the root certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Compares the server's name with its certificate; only a caller that was told to may leave it out. */
  readonly verifiesName?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body's JSON; `undefined` for any other body. */
  readonly body: unknown;
}

export type HttpFailure = "aborted" | "unreachable" | "silent" | "cut" | "untrusted" | "too-large";

/** Why there is no whole answer. It carries a socket's code and nothing of what was sent or received. */
export class HttpFault extends Error {
  readonly failure: HttpFailure;
  readonly reason: string;

  constructor(failure: HttpFailure, reason: string) {
    super(`${failure}: ${reason}`);
    this.failure = failure;
    this.reason = reason;
  }
}

const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL|^EPROTO$/;

async function bodyOf(answer: IncomingMessage, maxAnswerBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.iterator()) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new HttpFault("too-large", `more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * One request on a connection of its own, with what `fetch` lacks: a root certificate, a bound on the answer, and whether a
 * connection was made. A redirect is an answer and is not followed. Errors: `HttpFault` only.
 */
export async function exchange(address: string, options: Exchange): Promise<HttpAnswer> {
  const url = new URL(address);
  const payload = options.json === undefined ? undefined : JSON.stringify(options.json);
  const tooLate = AbortSignal.timeout(options.timeoutMs);
  let isConnected = false;
  const settings = {
    method: options.method,
    headers: {
      ...(payload !== undefined && { "content-type": "application/json" }),
      ...options.headers,
      ...(payload !== undefined && { "content-length": Buffer.byteLength(payload) }),
    },
    agent: false,
    signal: options.signal === undefined ? tooLate : AbortSignal.any([options.signal, tooLate]),
    rejectUnauthorized: true,
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.verifiesName === false && { checkServerIdentity: () => undefined }),
  };
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === "https:" ? requestHttps : requestHttp;
      send(url, settings, resolve)
        .once("socket", (socket) => socket.once("connect", () => (isConnected = true)))
        .once("error", reject)
        .end(payload);
    });
    const body = await bodyOf(answer, options.maxAnswerBytes);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  } catch (error) {
    if (error instanceof HttpFault) throw error;
    if (options.signal?.aborted === true) throw new HttpFault("aborted", "signal");
    if (tooLate.aborted) throw new HttpFault(isConnected ? "silent" : "unreachable", "timeout");
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    const reason = typeof code === "string" ? code : "unknown";
    if (untrusted.test(reason)) throw new HttpFault("untrusted", reason);
    throw new HttpFault(isConnected ? "cut" : "unreachable", reason);
  }
}
