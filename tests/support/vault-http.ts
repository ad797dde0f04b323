import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** `undefined` for an empty body, and for one that is not JSON. */
  readonly body: unknown;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One request by node's own client, so that the judge shares no code with what is judged. */
export async function rawRequest(
  address: string,
  { method, path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const url = new URL(address);
  const payload = body === undefined || body === "" ? "" : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, method, path, headers, agent: false }, (answer) => {
      text(answer).then((content) => {
        const isJson = answer.headers["content-type"]?.startsWith("application/json") === true && content.trim() !== "";
        const parsed: unknown = isJson ? JSON.parse(content) : undefined;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed });
      }, reject);
    });
    sent.on("error", (error) => reject(new Error(`${method} ${path} has no answer`, { cause: error }))).end(payload);
  });
}

export interface VaultAdmin {
  (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
}

/** Requests below `/v1/` with a token. */
export const vaultAdmin =
  (vault: { readonly address: string; readonly rootToken: string }): VaultAdmin =>
  (method, path, body, headers) =>
    rawRequest(vault.address, {
      method,
      path: `/v1/${path}`,
      body,
      headers: { "X-Vault-Token": vault.rootToken, ...headers },
    });

/** A member of a member of an answer's body. */
export const at = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
