import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { signature, signatureHeader } from "./signature.ts";

const timeoutMs = 5_000;
const loopback = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Errors: `option-invalid` for an address that is neither https nor on loopback, or that carries a credential. */
export function webhookAddress(text: string): URL {
  const address = URL.parse(text);
  const isSafe = address?.protocol === "https:" || (address?.protocol === "http:" && loopback.has(address.hostname));
  if (address === null || !isSafe || address.username !== "" || address.password !== "") {
    throw new RekeyError("option-invalid", { context: { option: "REKEY_WEBHOOK_URL" }, hint: "use an https address" });
  }
  return address;
}

async function statusOf(
  address: URL,
  headers: Record<string, string>,
  body: string,
  call: CallOptions,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
  const send = address.protocol === "https:" ? requestHttps : requestHttp;
  const request = send(address, { method: "POST", headers, signal }, (answer) => {
    resolve(answer.statusCode ?? 0);
    // Only the status counts; a body may be endless.
    answer.destroy();
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}

/**
 * Posts a body, signed with each key. Only an answer of 200 to 299 within 5 s counts; redirects are not followed. At least
 * once. Errors: `webhook-unavailable`, `time-budget-spent`.
 */
export async function postWebhook(
  { address, keys, nowMs }: { readonly address: URL; readonly keys: readonly SecretValue[]; readonly nowMs: number },
  body: string,
  call: CallOptions,
): Promise<void> {
  const headers = { "content-type": "application/json", [signatureHeader]: signature(body, keys, nowMs) };
  const context = { host: address.host };
  const status = await statusOf(address, headers, body, call).catch(() => {
    throw new RekeyError(call.signal.aborted ? "time-budget-spent" : "webhook-unavailable", { context });
  });
  if (status < 200 || status > 299) throw new RekeyError("webhook-unavailable", { context: { ...context, status } });
}
