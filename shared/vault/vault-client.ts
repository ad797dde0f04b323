import vault from "node-vault";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { vaultTransport } from "./vault-transport.ts";

export interface VaultRequest {
  /** `patch`: an RFC 7396 merge patch. */
  readonly verb: "read" | "write" | "patch";
  /** Below `/v1/`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly token?: SecretValue;
}

/** Any answer of Vault's, also a refusal: what it means is for the caller to say. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type VaultClient = (request: VaultRequest, call?: CallOptions) => Promise<VaultAnswer>;

type Ask = (
  path: string,
  body: VaultRequest["body"],
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
) => Promise<unknown>;

const mergePatch = { "content-type": "application/merge-patch+json" };

function refusal(error: unknown): VaultAnswer | undefined {
  const response: unknown = error instanceof Error ? Reflect.get(error, "response") : undefined;
  if (typeof response !== "object" || response === null) return undefined;
  const status: unknown = Reflect.get(response, "statusCode");
  return typeof status === "number" ? { status, body: Reflect.get(response, "body") } : undefined;
}

/**
 * node-vault behind its own transport and without its debug output, which prints what is written. What it would take
 * from the environment (`VAULT_TOKEN`, `VAULT_NAMESPACE`, `VAULT_PREFIX`) is set here, so that only the options count.
 * Errors: those of the transport, `server-misbehaved`.
 */
export function vaultClient(options: {
  readonly endpoint: string;
  readonly namespace: string | undefined;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
}): VaultClient {
  const transport = vaultTransport(options);
  const client = vault({
    endpoint: options.endpoint,
    debug: () => undefined,
    "request-promise": { defaults: () => transport },
  });
  Object.assign(client, { token: "", namespace: options.namespace ?? "", pathPrefix: "" });

  const ask: Readonly<Record<VaultRequest["verb"], Ask>> = {
    read: async (path, _body, options) => client.read(path, options),
    write: async (path, body, options) => client.write(path, body, options),
    // node-vault's own `update` drops the headers that it is given, the token's among them.
    patch: async (path, json, { headers, ...options }) =>
      client.request({ ...options, path: `/${path}`, method: "PATCH", json, headers: { ...headers, ...mergePatch } }),
  };

  return async ({ verb, path, body, token }, call) => {
    const headers = { "X-Vault-Request": "true", ...(token && { "X-Vault-Token": token.reveal() }) };
    const requestOptions = { headers, ...(call && { signal: call.signal }) };
    try {
      return { status: 200, body: await ask[verb](path, body, requestOptions) };
    } catch (error) {
      const answer = refusal(error);
      // node-vault itself fails on an answer whose errors are no texts.
      if (answer === undefined) throw error instanceof RekeyError ? error : new RekeyError("server-misbehaved");
      return answer;
    }
  };
}
