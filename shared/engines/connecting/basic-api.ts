import { type ErrorContext, RekeyError } from "../../errors/rekey-error.ts";
import { exchange, type HttpAnswer, HttpFault } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { httpFaultCodes } from "./http-fault-codes.ts";
import { requireVerifiedTls } from "./tls-options.ts";

export interface Bounds {
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** One request on a connection of its own; the path has no slash in front. Errors: those of `httpFaultCodes`. */
export type Ask = (method: string, path: string, json: object | undefined, call: CallOptions) => Promise<HttpAnswer>;

function authorization({ username, password }: Credential): string {
  if (username.includes(":")) {
    const problem = "holds a colon, which a user name that logs in by HTTP cannot have";
    throw new RekeyError("secret-malformed", { context: { field: "username", problem } });
  }
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`, "utf8").toString("base64")}`;
}

/**
 * A server's HTTP API as one user, who is named with each request. A redirect is not followed. Errors: `secret-malformed`,
 * `tls-refused`, with nothing sent.
 */
export function basicApi(target: DatabaseTarget, credential: Credential, bounds: Bounds): Ask {
  const { host, port, tls } = target;
  requireVerifiedTls(target);
  const address = `${tls.mode === "disable" ? "http" : "https"}://${host}:${port}`;
  if (!URL.canParse(address)) {
    throw new RekeyError("secret-malformed", { context: { field: "host", problem: "not a host" } });
  }
  const headers = { authorization: authorization(credential) };
  return async (method, path, json, { signal }) => {
    const trusts = { ca: tls.ca, verifiesName: tls.mode !== "verify-ca" };
    try {
      return await exchange(`${address}/${path}`, { method, headers, json, signal, ...bounds, ...trusts });
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      throw new RekeyError(httpFaultCodes[error.failure], { context: { host, reason: error.reason } });
    }
  };
}

/** The error of a refusal that means the same in every such API; `undefined` for one that the API itself must explain. */
export function plainRefusal({ status }: HttpAnswer, context: ErrorContext): RekeyError | undefined {
  if (status === 401) return new RekeyError("credential-refused", { context });
  if (status === 408 || status === 409 || status === 429 || (status >= 502 && status <= 504)) {
    return new RekeyError("database-busy", { context });
  }
  return status === 400 || status >= 500 ? new RekeyError("database-failed", { context }) : undefined;
}

/**
 * A name as one segment of a path. No name and a dot segment would lead to another path, even encoded, and half a character
 * has no encoding. Errors: `account-unsupported`, which says whose name it may be.
 */
export function pathSegment(name: string, whose: string): string {
  if (!/^\.{0,2}$/.test(name) && name.isWellFormed()) return encodeURIComponent(name);
  throw new RekeyError("account-unsupported", {
    context: { property: "a name that no URL can hold" },
    hint: `the name of ${whose} is empty, . or .., or no text: take another name`,
  });
}
