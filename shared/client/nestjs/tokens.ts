/**
 * The token of a client, for `inject` of a factory. A text, so that a program that loads this package twice, as ES modules
 * and as CommonJS, has one client.
 *
 * @example
 * ```ts
 * import type { SecretClient } from "rekey/client";
 * import { createRotatingPool } from "rekey/client/mysql2";
 * import { secretClientToken } from "rekey/client/nestjs";
 *
 * export const orders = {
 *   provide: "orders",
 *   inject: [secretClientToken()],
 *   useFactory: (client: SecretClient) => createRotatingPool({ client, secretId: "prod/orders" }),
 * };
 * ```
 */
export const secretClientToken = (name = "default"): string => `RekeyClient:${name}`;

/** `clientName`: the client that reads the secret. */
export const secretToken = (secretId: string, clientName = "default"): string =>
  `RekeySecret:${clientName}:${secretId}`;
