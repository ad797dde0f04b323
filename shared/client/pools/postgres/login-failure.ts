import postgres from "postgres";
import { postgresLogins } from "../postgres-logins.ts";
import type { Explanation } from "../tls-failure.ts";

const { isRefusedLogin, isConnectionLimit, explainLogin } = postgresLogins(
  (error): error is postgres.PostgresError => error instanceof postgres.PostgresError,
);
export { isConnectionLimit, isRefusedLogin };

/** The driver begins TLS also where the server has answered that it has none, and the server then cuts the connection. */
const cutInHandshake = /before secure TLS connection was established/;

/** What an error of a login means, where the driver's own does not say it. */
export function explainSqlLogin(error: unknown, isEncrypted: boolean): Explanation | undefined {
  if (isEncrypted && error instanceof Error && cutInHandshake.test(error.message)) {
    return {
      code: "tls-refused",
      context: { reason: "cut in the handshake" },
      hint: "the server offers no TLS, or cut the connection: turn TLS on there, or write ssl: false in the secret",
    };
  }
  return explainLogin(error, isEncrypted);
}
