import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { boundedRequest, isBusy, retryAfterMs } from "../connecting/bounded-request.ts";
import type { IsGranted } from "../connecting/granted-origins.ts";
import { requireVerifiedTls } from "../connecting/tls-options.ts";
import { apiHeaderTag, apiPathTag, apiTestPathTag } from "../../tags/tag-names.ts";
import { defined } from "../../secrets/defined.ts";

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
  if (isBusy(status)) {
    const after = retryAfterMs(answer);
    return new RekeyError("database-busy", { context, ...defined({ retryAfterMs: after }) });
  }
  return new RekeyError("database-failed", { context, hint: hintOf(status, operation) });
}

/** One request that shows this key. Errors: one for each way that there is no answer; a refusal is an answer. */
export async function ask(
  { target, isGranted }: { readonly target: DatabaseTarget; readonly isGranted: IsGranted },
  { password }: Credential,
  { method, path, json }: { readonly method: "GET" | "POST" | "DELETE"; readonly path: string; readonly json?: object },
  call: CallOptions,
): Promise<HttpAnswer> {
  const { origin, header } = keyApiOf(target);
  const key = password.reveal();
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new RekeyError("secret-malformed", { context: { field: "password", problem: "cannot stand in a header" } });
  }
  const { ca, mode } = target.tls;
  const headers = { accept: "application/json", [header]: header === "authorization" ? `Bearer ${key}` : key };
  const request = { method, headers, json, ca, verifiesName: mode !== "verify-ca" };
  return boundedRequest({ origin, path, isGranted }, request, call);
}
