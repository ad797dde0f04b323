import { RekeyError } from "../../errors/rekey-error.ts";
import { exchange, type HttpAnswer, HttpFault } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { httpFaultCodes } from "../connecting/http-fault-codes.ts";
import { requireVerifiedTls } from "../connecting/tls-options.ts";
import { apiHeaderTag, apiPathTag, apiTestPathTag } from "../../tags/tag-names.ts";
import { defined } from "../../secrets/defined.ts";

const timeoutMs = 5_000;
const maxAnswerBytes = 1024 * 1024;

/** Where the keys are and how one is shown, from the secret's tags. */
interface KeyApi {
  readonly origin: string;
  readonly keysPath: string;
  readonly testPath: string;
  /** Lower case. `authorization` takes `Bearer <key>`, any other header the key itself. */
  readonly header: string;
}

const forms = {
  [apiPathTag]: /^(?:\/[A-Za-z0-9._~@:=+-]+)+$/,
  [apiTestPathTag]: /^(?:\/[A-Za-z0-9._~@:=+-]+)+$/,
  [apiHeaderTag]: /^[A-Za-z0-9-]{1,64}$/,
} as const;

function option({ options }: DatabaseTarget, tag: keyof typeof forms, fallback: string): string {
  const value = options.get(tag) ?? fallback;
  if (forms[tag].test(value) && !/\/\.\.?(?:\/|$)/.test(value)) return value;
  throw new RekeyError("option-invalid", { context: { option: tag } });
}

/** The key itself is sent, so only to a server whose certificate was verified, or where the secret says no TLS. */
export function keyApiOf(target: DatabaseTarget): KeyApi {
  const { host, port, tls } = target;
  requireVerifiedTls(target);
  const address = `${tls.mode === "disable" ? "http" : "https"}://${host}:${port}`;
  if (!URL.canParse(address))
    throw new RekeyError("secret-malformed", { context: { field: "host", problem: "not a host" } });
  const keysPath = option(target, apiPathTag, "/keys");
  return {
    origin: new URL(address).origin,
    keysPath,
    testPath: option(target, apiTestPathTag, keysPath),
    header: option(target, apiHeaderTag, "authorization").toLowerCase(),
  };
}

/** Seconds, as rate limits give them; a date is not read. At most an hour is believed. */
function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const seconds = /^\d{1,4}$/.exec(headers["retry-after"] ?? "")?.[0];
  return seconds === undefined ? undefined : Math.min(Number(seconds), 3_600) * 1_000;
}

/** What was asked of the API. */
export type KeyOperation = "test key" | "list keys" | "create key" | "delete key";

const hintOf = (status: number, operation: KeyOperation): string => {
  if (status >= 300 && status < 400)
    return "the API redirects, which is not followed: name the host and path that it leads to";
  if (status === 409 && operation === "create key")
    return "the account has no room for a next key: delete a key that nobody uses, or raise the API's limit to two keys";
  if (status === 400 || status === 415 || status === 422)
    return "the API does not take what rekey sends: see the contract of the API in docs/reference/http-api-key.md";
  return "the API refused the request; look up the status";
};

/** The error that a refusal stands for, by its status and by what was asked. Of the answer only its status crosses. */
export function refusedBy(answer: HttpAnswer, operation: KeyOperation): RekeyError {
  const { status } = answer;
  const context = { operation, status };
  if (status === 403 && operation !== "test key") {
    return new RekeyError("database-rights-missing", {
      context,
      hint: `the key works, and it may not ${operation}: give it the right (scope) to list, create and delete the account's keys`,
    });
  }
  if (status === 401 || status === 403) {
    return new RekeyError("credential-refused", {
      context,
      hint: `the API refused the key; check it, and ${apiHeaderTag}`,
    });
  }
  if (status === 404 || status === 405) {
    const option = operation === "test key" ? apiTestPathTag : apiPathTag;
    return new RekeyError("option-invalid", {
      context: { ...context, option },
      hint: `the API has no such path or method; correct the tag ${option} (${apiTestPathTag} is ${apiPathTag} where it is not set)`,
    });
  }
  if (status === 408 || status === 425 || status === 429 || (status >= 502 && status <= 504)) {
    const after = retryAfterMs(answer);
    return new RekeyError("database-busy", { context, ...defined({ retryAfterMs: after }) });
  }
  return new RekeyError("database-failed", { context, hint: hintOf(status, operation) });
}

/** Whether the function's configuration lets this origin be reached, wherever it is and also over plain http. */
export type IsGranted = (origin: string) => boolean;

const notGranted = (origin: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: "REKEY_HTTP_API_ORIGINS", origin, problem },
    hint: "without a grant only https to public addresses is used; where this API is meant, add its origin to the function's REKEY_HTTP_API_ORIGINS (parameter HttpApiOrigins)",
  });

/** One request that shows this key. Errors: one for each way that there is no answer; a refusal is an answer. */
export async function ask(
  { target, isGranted }: { readonly target: DatabaseTarget; readonly isGranted: IsGranted },
  { password }: Credential,
  { method, path, json }: { readonly method: "GET" | "POST" | "DELETE"; readonly path: string; readonly json?: object },
  { signal }: CallOptions,
): Promise<HttpAnswer> {
  const { origin, header } = keyApiOf(target);
  const publicOnly = !isGranted(origin);
  const key = password.reveal();
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new RekeyError("secret-malformed", { context: { field: "password", problem: "cannot stand in a header" } });
  }
  const { ca, mode } = target.tls;
  if (publicOnly && mode === "disable") throw notGranted(origin, "plain http");
  const headers = { accept: "application/json", [header]: header === "authorization" ? `Bearer ${key}` : key };
  try {
    return await exchange(`${origin}${path}`, {
      method,
      headers,
      json,
      signal,
      timeoutMs,
      maxAnswerBytes,
      ca,
      verifiesName: mode !== "verify-ca",
      publicOnly,
    });
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
    if (error.failure === "internal") throw notGranted(origin, "an internal address");
    throw new RekeyError(httpFaultCodes[error.failure], { context: { host: target.host, reason: error.reason } });
  }
}
