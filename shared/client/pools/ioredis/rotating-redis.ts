import { RekeyError } from "../../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { keptAlive } from "../../kept-alive.ts";
import { codeOrName } from "../../name-of-thrown.ts";
import { acknowledging } from "../acknowledging.ts";
import { assertPlaces, type RedisServer } from "../redis/redis-login.ts";
import type { FollowedSecret, Rotating } from "../rotating-options.ts";
import { tlsFailure } from "../tls-failure.ts";
import { AttachedClients } from "./attached-clients.ts";
import { driverOptions, type IoredisLogin } from "./ioredis-login.ts";
import { rotatable, type RotatableIoredis } from "./supported-client.ts";
import { VersionLogins } from "./version-logins.ts";

export type { IoredisLogin } from "./ioredis-login.ts";
export type { RotatableIoredis } from "./supported-client.ts";

export interface RotatingRedisOptions<Redis extends RotatableIoredis> extends FollowedSecret {
  /**
   * `(login) => new Redis({ ...login, maxRetriesPerRequest: null })`, or
   * `(login) => new Redis.Cluster(nodes, { lazyConnect: true, redisOptions: login })`. Called once.
   */
  readonly createClient: (login: IoredisLogin) => Redis;
  /** Where to connect, in place of the secret's `host`, `port` and `dbname`; a secret of a user name and a password has none. */
  readonly server?: RedisServer;
  /** How long the server may take to answer a login. Default: 5,000. */
  readonly loginTimeoutMs?: number;
  /** How long `end` waits for commands to finish before it cuts the connection. Default: 60,000. */
  readonly drainTimeoutMs?: number;
}

export interface RotatingRedis<Redis> extends Rotating {
  /** The client of ioredis: one for as long as the service lives. Its duplicates rotate too. */
  readonly redis: Redis;
  /** Lets commands finish within `drainTimeoutMs` and closes the connection; end duplicates before. Idempotent. */
  end(): Promise<void>;
}

function explained(error: unknown, secret: string): unknown {
  const failure = tlsFailure(error);
  if (failure === undefined) return error;
  return new RekeyError(failure.code, { context: { secret, ...failure.context }, hint: failure.hint });
}

/**
 * A client of ioredis, its duplicates, and the nodes of a Cluster, that survive rotations. On a rotation each logs in again on the
 * connection that it has: Redis runs AUTH in its turn, so blocking commands, subscriptions and WATCH stay. Each new
 * connection logs in before the driver sends anything on it: by the newest credential, on refusal by AWSCURRENT as it is now,
 * then AWSPENDING, then the one that it had; meanwhile commands wait in the driver's queue. Errors: the client's,
 * `credential-refused`, `driver-unsupported`, `option-invalid`, `secret-malformed`, `time-budget-spent`, `tls-refused`, the
 * driver's of the first connection.
 *
 * @example
 * ```ts
 * import { Redis } from "ioredis";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingRedis } from "rekey/client/ioredis";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const { redis } = await createRotatingRedis({
 *   client,
 *   secretId: "prod/cache",
 *   createClient: (login) => new Redis({ ...login, maxRetriesPerRequest: null }),
 * });
 * await redis.get("key");
 * ```
 */
export const createRotatingRedis = async <Redis extends RotatableIoredis>(
  options: RotatingRedisOptions<Redis>,
): Promise<RotatingRedis<Redis>> => keptAlive(connected(options));

async function connected<Redis extends RotatableIoredis>(
  options: RotatingRedisOptions<Redis>,
): Promise<RotatingRedis<Redis>> {
  const { client, secretId, createClient, server = {}, loginTimeoutMs = 5_000, drainTimeoutMs = 60_000 } = options;
  assertPlaces(server, (option) => `new Redis({ ...login, ${option} })`);
  const acknowledgement = acknowledging(options);
  const versions = new VersionLogins({ client, secretId, loginTimeoutMs });
  const attached = new AttachedClients(versions, () => {
    const { versionId } = versions;
    if (versionId !== undefined && attached.areAllOf(versionId)) acknowledgement.alone(versionId);
  });
  let isLost = false;
  let isConnected = false;
  let firstFailure: unknown;
  let ending: Promise<void> | undefined;

  const secret = parseLoginSecret((await client.get(secretId)).value);
  const redis = createClient(driverOptions(secret, server));
  const driver = rotatable(redis);
  attached.attach(driver);
  // The driver prints an error that nobody listens to.
  driver.on("error", (error) => {
    firstFailure ??= error;
    if (isLost || !isConnected || ending !== undefined) return;
    isLost = true;
    const context = { secret: secretId, reason: codeOrName(error) };
    const hint = "the client reconnects; look at the server if it does not come back";
    client.report({ secretId, error: new RekeyError("connection-lost", { context, hint }) });
  });
  driver.on("node error", (error) => (firstFailure ??= error));
  driver.on("ready", () => {
    isConnected = true;
    isLost = false;
  });
  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated === secretId) attached.rotated(version);
  });

  async function end(): Promise<void> {
    stopListening();
    if (redis.status !== "ready") return redis.disconnect();
    let late: NodeJS.Timeout | undefined;
    const cut = new Promise<void>((resolve) => {
      late = setTimeout(() => {
        redis.disconnect();
        resolve();
      }, drainTimeoutMs);
    });
    const quit = redis.quit().catch(() => redis.disconnect());
    await Promise.race([quit, cut]).finally(() => clearTimeout(late));
  }

  const over = async (): Promise<void> => (ending ??= end());
  try {
    await redis.connect();
  } catch (error) {
    stopListening();
    redis.disconnect();
    throw explained(firstFailure ?? error, secretId);
  }
  return {
    redis,
    get refusedLogins() {
      return versions.refusedLogins;
    },
    get versionId() {
      return versions.versionId;
    },
    end: over,
    [Symbol.asyncDispose]: over,
  };
}
