import { type Connection, connect } from "../engines/redis/connection.ts";
import { translateError } from "../engines/redis/translate-error.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";
import { defined } from "../secrets/defined.ts";
import { parseDatabaseSecret } from "../secrets/database-secret.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { signature } from "../webhook/signature.ts";

const defaultPort = 6379;

/** What the server's administrator must mend; the rest passes. */
const refusals = new Set<ErrorCode>(["credential-refused", "database-rights-missing"]);
const asTheyAre = new Set<ErrorCode>(["server-misbehaved", "time-budget-spent", "tls-refused"]);

function channelError(error: unknown, context: Readonly<Record<string, string>>): RekeyError {
  const { code, context: facts } = translateError(error, "PUBLISH");
  const about = { ...context, reason: String(facts["reason"] ?? code) };
  if (asTheyAre.has(code)) return new RekeyError(code, { context: about });
  return new RekeyError(refusals.has(code) ? "channel-unauthorized" : "channel-unavailable", { context: about });
}

/**
 * Publishes a text on a channel of Redis or Valkey (`PUBLISH`), logged in and verified as the secret says: AWS's JSON with
 * `engine`, `host`, `port`, `username`, `password`, and `ssl` and `sslrootcert` as for a rotation. Redis keeps nothing for who
 * is away. A cluster passes it on to all of its nodes, a primary to its replicas. Publishing twice does no harm to whoever
 * takes an event for what is current. Returns how many connections of this node heard it. Errors: `channel-unauthorized`,
 * `channel-unavailable`, `engine-unsupported`, `secret-malformed`, `server-misbehaved`, `tls-refused`, `time-budget-spent`.
 */
export async function publishOnRedis(
  { secret, channel, tlsCa }: { readonly secret: SecretValue; readonly channel: string; readonly tlsCa?: string },
  text: string,
  call: CallOptions,
): Promise<number> {
  const {
    engine,
    host,
    port = defaultPort,
    username,
    password,
    tlsMode = "verify-full",
    ...own
  } = parseDatabaseSecret(secret);
  if (engine !== "redis" && engine !== "valkey") {
    throw new RekeyError("engine-unsupported", { context: { engine: engine.slice(0, 40) } });
  }
  const ca = own.tlsCa ?? tlsCa;
  const tls = { mode: tlsMode, ...defined({ ca }) };
  const target: DatabaseTarget = { engine, host, port, dbname: "0", tls, options: new Map() };
  let connection: Connection | undefined;
  try {
    connection = await connect(target, { username, password }, call);
    const heard = await connection.run(["PUBLISH", channel, text], call);
    if (Number.isSafeInteger(heard)) return Number(heard);
    throw new RekeyError("server-misbehaved", { context: { problem: "PUBLISH without a count" } });
  } catch (error) {
    throw channelError(error, { host, channel });
  } finally {
    connection?.close();
  }
}

/** An event with its signature, in the shape of an SNS envelope: who checks no signature reads it as before. */
export const signedMessage = (event: string, keys: readonly SecretValue[], nowMs: number): string =>
  JSON.stringify({ Message: event, RekeySignature: signature(event, keys, nowMs) });
