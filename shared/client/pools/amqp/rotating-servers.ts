import { type AmqpLoginSettings, loggingIn } from "./log-in.ts";
import type { AmqpLoginOptions } from "./amqp-login.ts";
import type { RotatableModel } from "./supported-driver.ts";

export interface RotatingServersOptions<Model> extends AmqpLoginSettings<Model> {
  /** Added to what amqplib's `connect` is given as its second argument, such as `{ noDelay: true }`. */
  readonly connectionOptions?: object;
}

/**
 * What `findServers` of amqp-connection-manager takes. At each connection it gives the newest credential that the broker takes,
 * which a connection of its own has proved: the manager would wait `reconnectTimeInSeconds` for a refused one. A rotation cuts
 * nothing; the manager's connection takes the next credential when it is made again. The URL has no password in it, so the manager's events
 * have none. Errors, which the manager emits as `connectFailed`: the client's, the driver's, `credential-refused`, `tls-refused`, `option-invalid`.
 *
 * @example
 * ```ts
 * import { connect as connectManager } from "amqp-connection-manager";
 * import { connect } from "amqplib";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { rotatingServers } from "rekey/client/amqp";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const findServers = rotatingServers({ client, secretId: "prod/broker", connect });
 * const manager = connectManager(undefined, { findServers });
 * ```
 */
export function rotatingServers<Model extends RotatableModel>(
  options: RotatingServersOptions<Model>,
): () => Promise<{ url: string; connectionOptions: AmqpLoginOptions }> {
  const login = loggingIn(options, ["connectionOptions"]);
  return async () => {
    const { model, login: proved } = await login.logIn();
    await model.close();
    return { url: proved.url, connectionOptions: { ...options.connectionOptions, ...proved.options } };
  };
}
