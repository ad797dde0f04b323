import { RekeyError } from "../../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { acknowledging } from "../acknowledging.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import type { FollowedSecret, Rotating } from "../rotating-options.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { ConnectionCutter } from "./connection-cutter.ts";
import { isRefusal, replyCode } from "./login-refusal.ts";
import { probing } from "./probing.ts";
import { assertPlaces, type Login, loginOf, type RedisLogin, type RedisServer, serverOptions } from "./redis-login.ts";
import { stallWatch } from "./stall-watch.ts";
import { assertRotatable, type RotatableRedis } from "./supported-client.ts";

export type { RedisLogin } from "./redis-login.ts";
export type { RotatableRedis } from "./supported-client.ts";

export interface RotatingConnectionOptions<Redis extends RotatableRedis> extends FollowedSecret {
  /** `(login) => createClient({ ...login, name: "orders" })`, a new client each time. Called for each attempt to reconnect too. */
  readonly createClient: (login: RedisLogin) => Redis;
  /** Where to connect, in place of the secret's `host`, `port` and `dbname`; a secret of a user name and a password has none. */
  readonly server?: RedisServer;
  /** Milliseconds before the next attempt to reconnect. 50, doubled up to 2,000, with jitter. */
  readonly reconnectDelayMs?: (retries: number) => number;
  /** How long the server may take to answer a login; the driver alone waits without limit. Default: 5,000. */
  readonly loginTimeoutMs?: number;
  /** How long `end` waits for commands to finish before it cuts the connection. Default: 60,000. */
  readonly drainTimeoutMs?: number;
  /** How long after an answer the server is asked for the next one, by a PING; 0: never. Default: 15,000. */
  readonly heartbeatMs?: number;
  /** How long the server may take to answer that PING before the connection is cut, and made again. Default: 15,000. */
  readonly answerTimeoutMs?: number;
}

export interface RotatingConnection<Redis> extends Rotating {
  /** The client of the package `redis`: one for as long as the service lives. */
  readonly redis: Redis;
  /** Lets commands finish within `drainTimeoutMs` and closes the connection. Idempotent. */
  end(): Promise<void>;
}

const backOffMs = (retries: number): number => Math.min(2_000, 50 * 2 ** retries) * (0.75 + Math.random() / 2);

/** A foreign error's message may hold a value. */
const nameOf = (error: Error): string => String(Reflect.get(error, "code") ?? replyCode(error) ?? error.name);

const authHint =
  "the connection keeps the login that it has until it reconnects; with RESP 2, subscribe on a client of its own: redis.duplicate()";

/**
 * One connection to Redis that survives rotations. On a rotation it logs in anew on the connection that it has: Redis runs
 * AUTH in its turn, so commands before it finish as the old user and those behind it run as the new one, while
 * subscriptions, WATCH and commands that are under way stay, which a second connection would lose. When it has to
 * reconnect it takes the newest credential, on refusal AWSCURRENT as it is now, then AWSPENDING, then the one that it had;
 * meanwhile commands wait in the client's queue. Host, port and TLS are the caller's, or those of the first version. What
 * goes wrong later is told to the client's `error` listeners. Errors: the client's, `credential-refused`, `driver-unsupported`,
 * `option-invalid`, `time-budget-spent` for a login without an answer, the driver's of the first connection.
 *
 * @example
 * ```ts
 * import { createClient } from "@redis/client";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingConnection } from "rekey/client/redis";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const { redis } = await createRotatingConnection({
 *   client,
 *   secretId: "prod/cache",
 *   createClient: (login) => createClient({ ...login, name: "orders" }),
 * });
 * await redis.get("key");
 * ```
 */
export async function createRotatingConnection<Redis extends RotatableRedis>(
  options: RotatingConnectionOptions<Redis>,
): Promise<RotatingConnection<Redis>> {
  const { client, secretId, createClient, server = {}, reconnectDelayMs = backOffMs } = options;
  const { loginTimeoutMs = 5_000, drainTimeoutMs = 60_000, heartbeatMs = 15_000, answerTimeoutMs = 15_000 } = options;
  assertPlaces(server);
  const acknowledgement = acknowledging(options);
  const cutter = new ConnectionCutter();
  /** Refused since the last login that worked. */
  const refused = new Set<string>();
  let offered: SourceVersion | undefined;
  /** The version that is logged in, or was when the connection was lost. */
  let loggedIn: SourceVersion | undefined;
  /** A rotation that came while there was no connection to log in on. */
  let missed: SourceVersion | undefined;
  /** Told to be of no use. */
  const unusable = new Set<string>();
  let firstFailure: Error | undefined;
  /** The time limit of the login that is under way. */
  let overdue: NodeJS.Timeout | undefined;
  let connectionId: number | undefined;
  let isLost = false;
  /** Whether it is a client that `createClient` may give. */
  let isTaken = false;
  let refusedLogins = 0;
  let ending: Promise<void> | undefined;

  const place = serverOptions(parseLoginSecret((await client.get(secretId)).value), server);
  const probe = probing({ createClient, server: place, timeoutMs: loginTimeoutMs, secretId });

  const report = (code: RekeyError["code"], context: RekeyError["context"], hint?: string): void =>
    client.report({ secretId, error: new RekeyError(code, { context: { secret: secretId, ...context }, hint }) });
  const noteRefusal = ({ versionId }: SourceVersion): void => {
    refusedLogins++;
    refused.add(versionId);
  };

  function accepted(version: SourceVersion): void {
    refused.clear();
    loggedIn = version;
    acknowledgement.alone(version.versionId);
  }

  /** `undefined`: the value is of no use, which is told once. */
  function usable(version: SourceVersion): Login | undefined {
    try {
      return loginOf(version);
    } catch (error) {
      if (!unusable.has(version.versionId) && error instanceof RekeyError) client.report({ secretId, error });
      unusable.add(version.versionId);
      return undefined;
    }
  }

  /**
   * Asked of a connection of its own. The client sends the commands that wait in its queue behind its login without
   * waiting for the answer, so a refused login would cost them all. Nothing waits before the first login.
   */
  async function offer(version: SourceVersion): Promise<Login | undefined> {
    const login = usable(version);
    if (login === undefined) return undefined;
    if (loggedIn === undefined || (await probe.accepts(login))) {
      // While there is a connection, it is a duplicate of the client that asks.
      if (!redis.isReady) {
        offered = version;
        limitLogin();
      }
      return login;
    }
    noteRefusal(version);
    return undefined;
  }

  function limitLogin(): void {
    clearTimeout(overdue);
    overdue = setTimeout(() => {
      const unanswered = new RekeyError("time-budget-spent", {
        context: { secret: secretId, timeoutMs: loginTimeoutMs },
      });
      if (loggedIn !== undefined) return cutter.cut(unanswered);
      firstFailure = unanswered;
      redis.destroy();
    }, loginTimeoutMs);
  }

  /** Asked for at each attempt to connect. */
  async function credentials(): Promise<Login> {
    if (!isTaken) throw new RekeyError("option-invalid", { context: { option: "createClient" } });
    const candidates = credentialCandidates(client, secretId, refused);
    let failure: Error | undefined;
    for (;;) {
      const next = await candidates.next().catch((error: Error) => void (failure = error));
      if (next === undefined || next.done === true) break;
      const login = await offer(next.value);
      if (login !== undefined) return login;
    }
    // The source fails, or has nothing that is of use: the server decides whether the credential still is.
    const login = loggedIn === undefined || refused.has(loggedIn.versionId) ? undefined : await offer(loggedIn);
    if (login !== undefined) return login;
    refused.clear();
    throw failure ?? new RekeyError("credential-refused", { context: { secret: secretId } });
  }

  function reconnectStrategy(retries: number, cause: Error): number | Error {
    if (isRefusal(cause) && offered !== undefined) return 0;
    if (loggedIn !== undefined) return reconnectDelayMs(retries);
    // The first connection is waited for, so what keeps it from being made is told.
    return (firstFailure ??= cause);
  }

  async function logInAnew(version: SourceVersion): Promise<void> {
    if (!redis.isReady) {
      missed = version;
      return;
    }
    const login = version.versionId === loggedIn?.versionId ? undefined : usable(version);
    if (login === undefined) return;
    try {
      await redis.sendCommand(["AUTH", login.username, login.password]);
      accepted(version);
    } catch (error) {
      // The connection stays logged in as before; a cut one takes the newest credential when it reconnects.
      const reason = replyCode(error);
      if (isRefusal(error)) noteRefusal(version);
      if (isRefusal(error)) report("credential-refused", { version: version.versionId, reason });
      else if (reason !== undefined) report("database-failed", { version: version.versionId, reason }, authHint);
    }
  }

  /** Unless a command that blocks, such as BLPOP, holds back the answer. */
  async function cutStalled(): Promise<void> {
    const id = connectionId;
    const login = loggedIn === undefined ? undefined : usable(loggedIn);
    const isBlocked = login !== undefined && id !== undefined && (await probe.isBlocked(login, id));
    if (isBlocked || ending !== undefined || !redis.isReady || connectionId !== id) return;
    const error = new RekeyError("connection-stalled", { context: { secret: secretId, answerTimeoutMs } });
    client.report({ secretId, error });
    cutter.cut(error);
  }

  const login: RedisLogin = {
    ...place,
    socket: { ...place.socket, reconnectStrategy, signal: cutter.signal },
    credentialsProvider: { type: "async-credentials-provider", credentials },
  };
  const redis = createClient(login);
  assertRotatable(redis, login);
  isTaken = true;
  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated === secretId) void logInAnew(version);
  });
  const watch = stallWatch({
    redis,
    heartbeatMs,
    answerTimeoutMs,
    answered: () => loggedIn !== undefined && acknowledgement.alone(loggedIn.versionId),
    stalled: () => void cutStalled(),
  });
  async function end(): Promise<void> {
    stopListening();
    watch.stop();
    clearTimeout(overdue);
    if (!redis.isOpen) return;
    if (!redis.isReady) return redis.destroy();
    let late: NodeJS.Timeout | undefined;
    const cut = new Promise<void>((resolve) => {
      late = setTimeout(() => {
        redis.destroy();
        resolve();
      }, drainTimeoutMs);
    });
    await Promise.race([redis.close(), cut]).finally(() => clearTimeout(late));
  }

  // Without a listener an error would end the process; the client reconnects.
  redis.on("error", (error) => {
    if (isRefusal(error) && offered !== undefined && !refused.has(offered.versionId)) noteRefusal(offered);
    if (redis.isReady || isLost || loggedIn === undefined) return;
    isLost = true;
    report(
      "connection-lost",
      { reason: nameOf(error) },
      "the client reconnects; look at the server if it does not come back",
    );
  });
  redis.on("ready", () => {
    clearTimeout(overdue);
    isLost = false;
    if (offered === undefined) return;
    accepted(offered);
    redis.sendCommand(["CLIENT", "ID"]).then(
      (id) => (connectionId = Number(id)),
      () => (connectionId = undefined),
    );
    if (missed !== undefined) void logInAnew(missed);
    missed = undefined;
  });
  try {
    await redis.connect();
    if (loggedIn === undefined)
      throw firstFailure ?? new RekeyError("option-invalid", { context: { option: "createClient" } });
  } catch (error) {
    stopListening();
    watch.stop();
    if (redis.isOpen) redis.destroy();
    throw firstFailure ?? error;
  } finally {
    clearTimeout(overdue);
  }
  return {
    redis,
    get refusedLogins() {
      return refusedLogins;
    },
    get versionId() {
      return loggedIn?.versionId;
    },
    end: async () => (ending ??= end()),
    [Symbol.asyncDispose]: async () => (ending ??= end()),
  };
}
