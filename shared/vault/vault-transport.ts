import { RekeyError } from "../errors/rekey-error.ts";
import { exchange, HttpFault } from "../http/exchange.ts";

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

function translate({ failure, reason }: HttpFault, vault: string, timeoutMs: number): RekeyError {
  switch (failure) {
    case "aborted":
      return new RekeyError("time-budget-spent", { context: { vault } });
    case "untrusted":
      return new RekeyError("tls-refused", {
        context: { vault, reason },
        hint: "give the root certificate that signed Vault's, and the address by its name in it",
      });
    case "too-large":
    case "malformed":
      return new RekeyError("server-misbehaved", {
        context: { vault, reason },
        hint: "check that the address is Vault's own, and what stands between",
      });
    case "internal":
    case "unreachable":
    case "silent":
    case "cut":
      return new RekeyError("mirror-unavailable", {
        context: { vault, reason, ...(reason === "timeout" && { timeoutMs }) },
      });
  }
}

/**
 * Carries node-vault's requests in place of axios, which follows redirects with the token and the body, waits for ever,
 * heeds `VAULT_SKIP_VERIFY`, and throws errors that print both. This one does none of that. Every request is bounded by
 * `timeoutMs` and by its own signal. Errors: `mirror-unavailable`, `tls-refused`, `time-budget-spent`,
 * `server-misbehaved` for an answer without end or what is not HTTP.
 */
export function vaultTransport(options: {
  readonly timeoutMs: number;
  readonly ca?: string | undefined;
}): (request: TransportRequest) => Promise<TransportAnswer> {
  return async ({ uri, method, headers, json, signal }) => {
    const { host, pathname } = new URL(uri);
    const body = typeof json === "object" && json !== null ? json : undefined;
    try {
      const answer = await exchange(uri, { method, headers, json: body, signal, maxAnswerBytes, ...options });
      return { statusCode: answer.status, body: answer.body, request: { path: pathname } };
    } catch (error) {
      throw error instanceof HttpFault ? translate(error, host, options.timeoutMs) : error;
    }
  };
}
