import { isRekeyError } from "../../errors/rekey-error.ts";
import type { SecretClient } from "../secret-client.ts";

export interface SecretsMiddlewareOptions {
  readonly client: SecretClient;
  /** Where each secret is put, and its id. */
  readonly fetchData: Readonly<Record<string, string>>;
  /** Whether the values are put on `context` as well as on `request.internal`. */
  readonly setToContext?: boolean;
}

/** What is needed of middy's request. */
export interface MiddyRequest {
  internal: Record<string, unknown>;
  context: object;
}

/** A number, `true` or `null` is text that looks like JSON: parsed, a token of digits would lose some of them. */
const looksLikeJson = (text: string): boolean => /^[\t\n\r ]*[{["]/.test(text);

/**
 * Middleware like middy's own for Secrets Manager, on rekey's cache: an object, a list or a quoted text in JSON is put as the
 * parsed, frozen value, any other value as the text that it is, or as bytes where it is stored so. An invocation on warm values waits for nothing. Errors: those of `get`.
 *
 * @example
 * ```ts
 * import middy from "@middy/core";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { secretsMiddleware } from "rekey/client/middy";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * export const handler = middy()
 *   .use(secretsMiddleware({ client, fetchData: { database: "prod/orders" } }))
 *   .handler(async () => "done");
 * ```
 */
export function secretsMiddleware({ client, fetchData, setToContext = false }: SecretsMiddlewareOptions): {
  readonly before: (request: MiddyRequest) => Promise<void>;
} {
  async function read(secretId: string): Promise<unknown> {
    const { value } = await client.get(secretId);
    if (value.isBinary) return value.bytes();
    const text = value.reveal();
    if (!looksLikeJson(text)) return text;
    return client.json(secretId).catch((error: unknown) => {
      if (isRekeyError(error, "secret-malformed")) return text;
      throw error;
    });
  }

  return {
    async before(request) {
      const entries = Object.entries(fetchData).map(async ([name, secretId]) => [name, await read(secretId)] as const);
      const values = Object.fromEntries(await Promise.all(entries));
      Object.assign(request.internal, values);
      if (setToContext) Object.assign(request.context, values);
    },
  };
}
