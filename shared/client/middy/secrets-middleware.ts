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

/**
 * Middleware like middy's own for Secrets Manager, on rekey's cache: a JSON value is put as the parsed, frozen object, any
 * other as text, or as bytes where it is stored so. An invocation on warm values waits for nothing. Errors: those of `get`.
 */
export function secretsMiddleware({ client, fetchData, setToContext = false }: SecretsMiddlewareOptions): {
  readonly before: (request: MiddyRequest) => Promise<void>;
} {
  async function read(secretId: string): Promise<unknown> {
    const { value } = await client.get(secretId);
    return value.isBinary ? value.bytes() : client.json(secretId).catch(() => value.reveal());
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
