import { isMembers, type Members } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { exchange, type HttpAnswer, HttpFault } from "../http/exchange.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

export interface ApiServerOptions {
  /** The cluster's name, for errors. */
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  /** Asked before each request. */
  readonly token: (call: CallOptions) => Promise<SecretValue>;
}

export interface ApiRequest {
  readonly method: "GET" | "PATCH";
  /** The path with its query. */
  readonly path: string;
  readonly body?: object;
  /** Default: a JSON merge patch, RFC 7386. */
  readonly contentType?: string;
  /** Default: `application/json`. */
  readonly accept?: string;
}

/** What an API server is asked for so that it answers with an object's metadata alone: no value of a Secret comes back. */
export const metadataAlone = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** `absent`: there is no such object. `conflict`: it has another revision, or other fields have another manager. */
export type ApiAnswer =
  | { readonly outcome: "done"; readonly object: Members }
  | { readonly outcome: "absent" | "conflict" };

const timeoutMs = 5_000;
const maxAnswerBytes = 8_388_608;
const longestRestMs = 600_000;

const restMs = (header: string | undefined): number | undefined =>
  /^\d{1,6}$/.test(header ?? "") ? Math.min(Number(header) * 1_000, longestRestMs) : undefined;

const names = (path: string): string => path.split("?")[0] ?? "";

function faultOf({ name }: ApiServerOptions, { path }: ApiRequest, error: unknown): unknown {
  if (!(error instanceof HttpFault)) return error;
  const context = { cluster: name, path: names(path), reason: error.failure };
  if (error.failure === "aborted") return new RekeyError("time-budget-spent", { context });
  if (error.failure !== "untrusted") return new RekeyError("kubernetes-unavailable", { context });
  return new RekeyError("kubernetes-refused", { context, hint: "compare the cluster's ca in the configuration" });
}

function read({ name }: ApiServerOptions, { path }: ApiRequest, { status, headers, body }: HttpAnswer): ApiAnswer {
  const context = { cluster: name, path: names(path), status };
  if (status === 404) return { outcome: "absent" };
  if (status === 409) return { outcome: "conflict" };
  if (status === 429 || status === 408 || status >= 500) {
    const retryAfterMs = restMs(headers["retry-after"]);
    throw new RekeyError("kubernetes-unavailable", {
      context: { ...context, retryAfterMs },
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
  if (status < 200 || status > 299) throw new RekeyError("kubernetes-refused", { context });
  if (!isMembers(body)) {
    throw new RekeyError("kubernetes-unavailable", { context: { ...context, reason: "malformed" } });
  }
  return { outcome: "done", object: body };
}

/**
 * One request to a Kubernetes API server. Only the configured roots are trusted, a redirect is refused, and nothing of an answer is in
 * an error but its status: messages of the API server quote what they refuse. Errors: `kubernetes-unavailable`, with `retryAfterMs`
 * where the server asked for it; `kubernetes-refused`, `time-budget-spent`, those of the token.
 */
export async function askApiServer(
  options: ApiServerOptions,
  request: ApiRequest,
  call: CallOptions,
): Promise<ApiAnswer> {
  const token = await options.token(call);
  const { body, contentType = "application/merge-patch+json", accept = "application/json" } = request;
  const headers = {
    accept,
    authorization: `Bearer ${token.reveal()}`,
    "user-agent": "rekey",
    ...(body !== undefined && { "content-type": contentType }),
  };
  const answer = await exchange(`${options.server}${request.path}`, {
    method: request.method,
    headers,
    json: body,
    signal: call.signal,
    timeoutMs,
    maxAnswerBytes,
    ca: options.ca,
  }).catch((error: unknown) => {
    throw faultOf(options, request, error);
  });
  return read(options, request, answer);
}
