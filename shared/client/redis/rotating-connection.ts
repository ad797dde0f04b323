import { RekeyError } from "../../errors/rekey-error.ts";
import { parseLoginSecret } from "../../secrets/database-secret.ts";
import { acknowledging } from "../pool/acknowledging.ts";
import { credentialCandidates } from "../pool/credential-candidates.ts";
import type { FollowedSecret, Rotating } from "../pool/rotating-options.ts";
import { serverHost } from "../pool/server-host.ts";
import { type TlsOptions, tlsOptions } from "../pool/tls-options.ts";
import type { SourceVersion } from "../secret-source.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}

/** Options of the package `redis`, or `@redis/client`, which say where to connect, as whom, and when again. */
export interface RedisLogin {
  readonly socket: Partial<Omit<TlsOptions, "rejectUnauthorized">> & {
    readonly host: string;
    readonly port: number;
    readonly tls?: true;
    readonly rejectUnauthorized?: boolean;
    readonly reconnectStrategy: (retries: number, cause: Error) => number | Error;
  };
  readonly database: number;
  readonly credentialsProvider: {
    readonly type: "async-credentials-provider";
    readonly credentials: () => Promise<Login>;
  };
}

/** What is needed of the client that `createClient` of the package `redis` makes. */
export interface RotatableRedis {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  sendCommand(command: string[]): Promise<unknown>;
  on(event: "ready" | "error", listener: () => void): unknown;
  close(): Promise<void>;
  destroy(): void;
}

export interface RotatingConnectionOptions<Redis extends RotatableRedis> extends FollowedSecret {
  /** `(login) => createClient({ ...login, name: "orders" })`. Called for each attempt to reconnect too. */
  readonly createClient: (login: RedisLogin) => Redis;
  /** Where to connect, in place of the secret's `host`, `port` and `dbname`; a secret of a user name and a password has none. */
  readonly server?: { readonly host?: string; readonly port?: number; readonly database?: number };
  /** Milliseconds before the next attempt to reconnect. 50, doubled up to 2,000, with jitter. */
  readonly reconnectDelayMs?: (retries: number) => number;
  /** How long the server may take to answer a login; the driver alone waits without limit. Default: 5,000. */
  readonly loginTimeoutMs?: number;
  /** How long `end` waits for commands to finish before it cuts the connection. Default: 60,000. */
  readonly drainTimeoutMs?: number;
}

export interface RotatingConnection<Redis> extends Rotating {
  /** The client of the package `redis`: one for as long as the service lives. */
  readonly redis: Redis;
  /** Lets commands finish within `drainTimeoutMs` and closes the connection. Idempotent. */
  end(): Promise<void>;
}

/**
 * A wrong password, an unknown user or one that is off; a login that did not count; one that may not log in; servers before
 * 6.0 and proxies (Envoy, twemproxy). Source: the replies to AUTH and HELLO in Redis's acl.c and in theirs.
 */
const refusals = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid (?:username|password))/;

const isRefusal = (error: unknown): boolean => error instanceof Error && refusals.test(error.message);

const backOffMs = (retries: number): number => Math.min(2_000, 50 * 2 ** retries) * (0.75 + Math.random() / 2);

/**
 * One connection to Redis that survives rotations. On a rotation it logs in anew on the connection that it has: Redis runs
 * AUTH in its turn, so commands before it finish as the old user and those behind it run as the new one, while
 * subscriptions, WATCH and commands that are under way stay, which a second connection would lose. When it has to
 * reconnect it takes the newest credential, on refusal AWSCURRENT as it is now, then AWSPENDING; meanwhile commands wait
 * in the client's queue. Host, port and TLS are the caller's, or those of the first version. Errors: the client's, `credential-refused`,
 * `time-budget-spent` for a login without an answer, the driver's of the first connection.
 */
export async function createRotatingConnection<Redis extends RotatableRedis>(
  options: RotatingConnectionOptions<Redis>,
): Promise<RotatingConnection<Redis>> {
  const { client, secretId, createClient, server = {}, reconnectDelayMs = backOffMs } = options;
  const { loginTimeoutMs = 5_000, drainTimeoutMs = 60_000 } = options;
  const acknowledgement = acknowledging(options);
  /** Refused since the last login that worked. */
  const refused = new Set<string>();
  let offered: SourceVersion | undefined;
  /** A rotation that came while there was no connection to log in on. */
  let missed: SourceVersion | undefined;
  let firstFailure: Error | undefined;
  /** The time limit of the first login. */
  let overdue: NodeJS.Timeout | undefined;
  let versionId: string | undefined;
  let refusedLogins = 0;
  let ending: Promise<void> | undefined;

  const secret = parseLoginSecret((await client.get(secretId)).value);
  const host = serverHost(secret, server.host, "server.host");
  const tls = tlsOptions(secret);
  const loginOptions = (
    credentials: () => Promise<Login>,
    reconnectStrategy: RedisLogin["socket"]["reconnectStrategy"],
  ): RedisLogin => ({
    socket: {
      host,
      port: server.port ?? secret.port ?? 6379,
      reconnectStrategy,
      ...(tls === undefined ? {} : { ...tls, tls: true }),
    },
    database: server.database ?? Number(secret.dbname ?? 0),
    credentialsProvider: { type: "async-credentials-provider", credentials },
  });
  const loginOf = ({ value }: SourceVersion): Login => {
    const { username, password } = parseLoginSecret(value);
    return { username, password: password.reveal() };
  };
  const unanswered = (): RekeyError =>
    new RekeyError("time-budget-spent", { context: { secret: secretId, timeoutMs: loginTimeoutMs } });
  const noteRefusal = ({ versionId }: SourceVersion): void => {
    refusedLogins++;
    refused.add(versionId);
  };
  const accepted = (version: SourceVersion): void => {
    refused.clear();
    versionId = version.versionId;
    acknowledgement.alone(version.versionId);
  };

  /**
   * Asked of a connection of its own. The client sends the commands that wait in its queue behind its login without
   * waiting for the answer, so a refused login would cost them all.
   */
  async function isAccepted(login: Login): Promise<boolean> {
    let failure: unknown;
    const probe = createClient(
      loginOptions(
        async () => login,
        (_retries, cause) => (failure = cause),
      ),
    );
    probe.on("error", () => undefined);
    const late = setTimeout(() => {
      failure = unanswered();
      probe.destroy();
    }, loginTimeoutMs);
    try {
      await probe.connect();
      return true;
    } catch (error) {
      if (isRefusal(failure)) return false;
      throw failure ?? error;
    } finally {
      clearTimeout(late);
      if (probe.isOpen) probe.destroy();
    }
  }

  function limitFirstLogin(): void {
    clearTimeout(overdue);
    overdue = setTimeout(() => {
      firstFailure = unanswered();
      redis.destroy();
    }, loginTimeoutMs);
  }

  /** Asked for at each attempt to connect. Nothing waits in the queue before the first login. */
  async function credentials(): Promise<Login> {
    for await (const version of credentialCandidates(client, secretId, refused)) {
      const login = loginOf(version);
      const isFirst = versionId === undefined;
      if (isFirst || (await isAccepted(login))) {
        offered = version;
        if (isFirst) limitFirstLogin();
        return login;
      }
      noteRefusal(version);
    }
    refused.clear();
    throw new RekeyError("credential-refused", { context: { secret: secretId } });
  }

  function reconnectStrategy(retries: number, cause: Error): number | Error {
    if (isRefusal(cause) && offered !== undefined) {
      noteRefusal(offered);
      return 0;
    }
    if (versionId !== undefined) return reconnectDelayMs(retries);
    // The first connection is waited for, so what keeps it from being made is told.
    return (firstFailure = cause);
  }

  async function logInAnew(version: SourceVersion): Promise<void> {
    if (!redis.isReady) {
      missed = version;
      return;
    }
    if (version.versionId === versionId) return;
    try {
      const { username, password } = loginOf(version);
      await redis.sendCommand(["AUTH", username, password]);
      accepted(version);
    } catch (error) {
      // The connection stays logged in as before; a cut one takes the newest credential when it reconnects.
      if (isRefusal(error)) noteRefusal(version);
    }
  }

  const redis = createClient(loginOptions(credentials, reconnectStrategy));
  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated === secretId) void logInAnew(version);
  });
  async function end(): Promise<void> {
    stopListening();
    if (!redis.isReady) return redis.destroy();
    const late = setTimeout(() => redis.destroy(), drainTimeoutMs);
    await redis.close().finally(() => clearTimeout(late));
  }

  // Without a listener an error would end the process; the client reconnects.
  redis.on("error", () => undefined);
  redis.on("ready", () => {
    if (offered === undefined) return;
    accepted(offered);
    if (missed !== undefined) void logInAnew(missed);
    missed = undefined;
  });
  try {
    await redis.connect();
  } catch (error) {
    stopListening();
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
      return versionId;
    },
    end: async () => (ending ??= end()),
    [Symbol.asyncDispose]: async () => (ending ??= end()),
  };
}
