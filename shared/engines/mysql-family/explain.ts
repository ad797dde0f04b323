import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { ifReadable } from "./read-server.ts";
import type { Product } from "./product.ts";
import { errorNumber } from "./translate-error.ts";

/** "The server is running with the --… option so it cannot execute this statement", for any option. */
const forbiddenByOption = 1290;

const isOn = (state: unknown): boolean => state === 1 || state === "1" || state === "ON";

/** An error whose number has several causes, by the server's settings; any other as it is. */
export async function explain(
  connection: Connection,
  product: Product,
  error: unknown,
  call: CallOptions,
): Promise<unknown> {
  if (!(error instanceof RekeyError) || errorNumber(error) !== forbiddenByOption) return error;
  const settings = product.readOnly.map((setting) => `@@global.${setting} AS ${setting}`).join(", ");
  const asked = connection.run<Readonly<Record<string, unknown>>>("read settings", `SELECT ${settings}`, call);
  const [states] = await ifReadable(asked).catch(() => []);
  if (states === undefined || Object.values(states).some(isOn)) return error;
  return new RekeyError("database-failed", {
    context: error.context,
    hint: "an option that the server was started with forbids this statement, such as skip-grant-tables; the server's own message to the same statement names it",
  });
}
