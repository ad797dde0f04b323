import { explainLogin as explainAnswer } from "../mysql2/login-failure.ts";
import type { Explanation } from "../tls-failure.ts";

/** The connector's own code: TLS is wanted, and the server's greeting offers none. */
const noTls = "ER_SERVER_SSL_DISABLED";

const withoutTls: Explanation = {
  code: "tls-refused",
  context: { reason: "server without TLS" },
  hint: "the server offers no TLS: turn it on there, or write ssl: false in the secret",
};

/** What an error of a login means, where the connector's own does not say it. */
export const explainLogin = (error: unknown, isEncrypted: boolean): Explanation | undefined =>
  error instanceof Error && Reflect.get(error, "code") === noTls ? withoutTls : explainAnswer(error, isEncrypted);
