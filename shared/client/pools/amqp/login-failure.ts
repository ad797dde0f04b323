import { type Explanation, tlsFailure } from "../tls-failure.ts";

/** What amqplib makes of the broker's answer to a login: ACCESS_REFUSED, for a wrong password and for an unknown user. */
const refusal = /^Handshake terminated by server: 403\b/;

/** Whether the broker turned this login down, which it says before a channel is opened. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && refusal.test(error.message);

/** What an error of a login means, where the driver's own does not say it. */
export const explainLogin = (error: unknown): Explanation | undefined =>
  isRefusal(error) ? { code: "credential-refused", context: { reason: "ACCESS_REFUSED" } } : tlsFailure(error);
