import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { internalAddress, isPublicAddress, lookupPublic, refusedAddress } from "./public-address.ts";

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `application/json`, unless `headers` has another `content-type`. */
  readonly json?: object | undefined;
  /** Sent as `application/x-www-form-urlencoded`, in place of `json`. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** PEM of the root certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Compares the server's name with its certificate; only a caller that was told to may leave it out. */
  readonly verifiesName?: boolean;
  /** Connects to addresses of the public internet alone; the default is `false`. */
  readonly publicOnly?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body's JSON; `undefined` for any other body. */
  readonly body: unknown;
}

/** `internal`: the address is not of the public internet, and nothing was sent. `malformed`: what came was not HTTP. */
export type HttpFailure =
  | "aborted"
  | "unreachable"
  | "silent"
  | "cut"
  | "untrusted"
  | "too-large"
  | "malformed"
  | "internal";

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

/** Of Node's parser: bytes that are not HTTP, headers of more than 16 KiB. */
const malformed = /^HPE_|^ERR_HTTP_/;

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

/** A literal address is connected to without a lookup. */
function refuseInternal({ hostname }: URL): void {
  const literal = hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw refusedAddress();
}

/** What is sent, and as what; nothing of a request without a body. */
function payloadOf({ json, form }: Exchange): { readonly type: string; readonly text: string } | undefined {
  if (form !== undefined) {
    return { type: "application/x-www-form-urlencoded", text: new URLSearchParams(form).toString() };
  }
  return json === undefined ? undefined : { type: "application/json", text: JSON.stringify(json) };
}

/**
 * Headers and path are set on the request and are no options of it: `NODE_DEBUG` prints the options of each connection, and a
 * webhook's path is its credential.
 */
async function send(url: URL, options: Exchange, signal: AbortSignal, connected: () => void): Promise<IncomingMessage> {
  const payload = payloadOf(options);
  if (options.publicOnly === true) refuseInternal(url);
  const settings = {
    method: options.method,
    agent: false,
    signal,
    rejectUnauthorized: true,
    ...(options.publicOnly === true && { lookup: lookupPublic }),
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.verifiesName === false && { checkServerIdentity: () => undefined }),
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(new URL(url.origin), settings, resolve);
    request.path = url.pathname + url.search;
    // The parser may tell of bytes behind the answer when all is over; an error that nobody listens to ends the process.
    request.on("error", reject).once("socket", (socket) => socket.once("connect", connected));
    if (payload !== undefined) request.setHeader("content-type", payload.type);
    for (const [name, value] of Object.entries(options.headers)) request.setHeader(name, value);
    if (payload !== undefined) request.setHeader("content-length", Buffer.byteLength(payload.text));
    request.end(payload?.text);
  });
}

/**
 * One request on a connection of its own, with what `fetch` lacks: a root certificate, a bound on the answer, and whether a
 * connection was made. A redirect is an answer and is not followed. Errors: `HttpFault` only.
 */
export async function exchange(address: string, options: Exchange): Promise<HttpAnswer> {
  const tooLate = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? tooLate : AbortSignal.any([options.signal, tooLate]);
  let isConnected = false;
  try {
    const answer = await send(new URL(address), options, signal, () => (isConnected = true));
    const body = await bodyOf(answer, options.maxAnswerBytes);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  } catch (error) {
    if (error instanceof HttpFault) throw error;
    if (options.signal?.aborted === true) throw new HttpFault("aborted", "signal");
    if (tooLate.aborted) throw new HttpFault(isConnected ? "silent" : "unreachable", "timeout");
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    const reason = typeof code === "string" ? code : "unknown";
    if (reason === internalAddress) throw new HttpFault("internal", reason);
    if (untrusted.test(reason)) throw new HttpFault("untrusted", reason);
    if (isConnected && malformed.test(reason)) throw new HttpFault("malformed", reason);
    throw new HttpFault(isConnected ? "cut" : "unreachable", reason);
  }
}
