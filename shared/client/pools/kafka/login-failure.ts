import { type Explanation, tlsFailure } from "../tls-failure.ts";

/** An error of the driver, what it was made of, and what those were made of. */
function* causesOf(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return;
  yield error;
  yield* causesOf(error.cause);
  const { errors } = error as { readonly errors?: unknown };
  if (Array.isArray(errors)) for (const one of errors) yield* causesOf(one);
}

/** Whether the broker turned this login down. Source: SASL_AUTHENTICATION_FAILED, number 58 of Kafka's protocol. */
export const isRefusal = (error: unknown): boolean =>
  [...causesOf(error)].some((cause) => Reflect.get(cause, "apiId") === "SASL_AUTHENTICATION_FAILED");

/** What an error of a login means, where the driver's own does not say it. */
export function explainLogin(error: unknown): Explanation | undefined {
  if (isRefusal(error)) return { code: "credential-refused", context: { reason: "SASL_AUTHENTICATION_FAILED" } };
  for (const cause of causesOf(error)) {
    const explanation = tlsFailure(cause);
    if (explanation !== undefined) return explanation;
    if (cause.message.startsWith("TLS handshake failed")) {
      return {
        code: "tls-refused",
        context: { reason: "server without TLS" },
        hint: "the listener offers no TLS: write the port of one that does, or ssl: false in the secret",
      };
    }
  }
  return undefined;
}
