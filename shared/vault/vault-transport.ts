import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { RekeyError } from "../errors/rekey-error.ts";

/** A request as node-vault hands it to its transport; `json` is the body, and `true` or missing when there is none. */
export interface TransportRequest {
  readonly uri: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

export interface TransportAnswer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly request: { readonly path: string };
}

const maxAnswerBytes = 4 * 1024 * 1024;

const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL|^EPROTO$/;

/** Only the error's code crosses: the error itself may carry the request, and with it token and value. */
function translate(error: unknown, vault: string): RekeyError {
  if (error instanceof RekeyError) return error;
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  const reason = typeof code === "string" ? code : "unknown";
  if (!untrusted.test(reason)) return new RekeyError("mirror-unavailable", { context: { vault, reason } });
  return new RekeyError("tls-refused", {
    context: { vault, reason },
    hint: "give the root certificate that signed Vault's, and the address by its name in it",
  });
}

async function bodyOf(answer: IncomingMessage, vault: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.iterator()) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) {
      throw new RekeyError("mirror-rejected", { context: { vault, reason: "answer too large", maxAnswerBytes } });
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Carries node-vault's requests in place of axios, which follows redirects with the token and the body, waits for ever,
 * heeds `VAULT_SKIP_VERIFY`, and throws errors that print both. This one does none of that. Every request is bounded by
 * `timeoutMs` and by its own signal. Errors: `mirror-unavailable`, `tls-refused`, `time-budget-spent`,
 * `mirror-rejected` for an answer without end.
 */
export function vaultTransport(options: {
  readonly timeoutMs: number;
  readonly ca?: string | undefined;
}): (request: TransportRequest) => Promise<TransportAnswer> {
  return async ({ uri, method, headers, json, signal }) => {
    const url = new URL(uri);
    const tooLate = AbortSignal.timeout(options.timeoutMs);
    const payload = typeof json === "object" ? JSON.stringify(json) : undefined;
    const settings = {
      method,
      headers: {
        ...headers,
        ...(payload !== undefined && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(payload),
        }),
      },
      agent: false,
      signal: signal === undefined ? tooLate : AbortSignal.any([signal, tooLate]),
      rejectUnauthorized: true,
      ...(options.ca !== undefined && { ca: options.ca }),
    };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const send = url.protocol === "https:" ? requestHttps : requestHttp;
        send(url, settings, resolve).once("error", reject).end(payload);
      });
      const body = await bodyOf(answer, url.host);
      return { statusCode: answer.statusCode ?? 0, body, request: { path: url.pathname } };
    } catch (error) {
      const context = { vault: url.host, timeoutMs: options.timeoutMs };
      if (signal?.aborted === true) throw new RekeyError("time-budget-spent", { context: { vault: url.host } });
      if (tooLate.aborted) throw new RekeyError("mirror-unavailable", { context: { ...context, reason: "timeout" } });
      throw translate(error, url.host);
    }
  };
}
