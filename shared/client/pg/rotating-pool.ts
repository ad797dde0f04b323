import pg from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import type { SecretClient } from "../secret-client.ts";
import type { SourceVersion } from "../secret-source.ts";

export interface RotatingPoolOptions {
  readonly client: SecretClient;
  readonly secretId: string;
  /** Everything but where to connect and as whom, which the secret says. */
  readonly pool?: Omit<pg.PoolConfig, "user" | "password" | "host" | "port" | "database" | "connectionString">;
}

export interface RotatingPool extends AsyncDisposable {
  /** A connection of the newest credential; `release` it as with `pg`. */
  connect(): Promise<pg.PoolClient>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult<Row>>;
  /** Logins that the server refused; the pool then tried a newer credential. */
  readonly refusedLogins: number;
  /** The version whose credential new connections take. */
  readonly versionId: string | undefined;
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
  /** Lets queries finish and closes everything. */
  end(): Promise<void>;
}

interface Generation {
  readonly versionId: string;
  readonly pool: pg.Pool;
  /** Connections asked for and not yet given: a pool that ends would leave them waiting for ever. */
  readonly asked: Set<Promise<unknown>>;
}

async function connectTo({ pool, asked }: Generation): Promise<pg.PoolClient> {
  const asking = pool.connect();
  asked.add(asking);
  try {
    return await asking;
  } finally {
    asked.delete(asking);
  }
}

async function endWhenIdle({ pool, asked }: Generation): Promise<void> {
  while (asked.size > 0) await Promise.allSettled(asked);
  await pool.end();
}

/** A promotion between the two reads hides the version from both; then they are made again. */
const rounds = 3;

/** A wrong password, or a user that may not log in any more. Both are told before any query was sent. */
const isRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === "28P01" || error.code === "28000");

const ignore = (): void => undefined;

const tlsOf = ({ tlsMode = "verify-full", tlsCa }: DatabaseSecret): pg.PoolConfig["ssl"] =>
  tlsMode === "disable"
    ? false
    : {
        rejectUnauthorized: tlsMode !== "require",
        ...(tlsCa === undefined ? {} : { ca: tlsCa }),
        ...(tlsMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
      };

/**
 * A `pg` pool that survives rotations. New connections take the newest credential; one that is refused is tried again
 * with AWSCURRENT as it is now, then with AWSPENDING, which is right between setSecret and finishSecret. No credential
 * is offered twice once refused. Connections of a replaced credential finish their work and are closed when released.
 */
export function createRotatingPool({ client, secretId, pool: settings = {} }: RotatingPoolOptions): RotatingPool {
  let active: Generation | undefined;
  let closed = false;
  let refusedLogins = 0;
  const drainListeners = new Set<(versionId: string) => void>();
  const draining = new Set<Promise<void>>();

  const drain = (generation: Generation): void => {
    const ended = endWhenIdle(generation).then(() => {
      draining.delete(ended);
      for (const listener of drainListeners) listener(generation.versionId);
    });
    draining.add(ended);
  };

  function adopt({ versionId, value }: SourceVersion): Generation {
    if (active?.versionId === versionId) return active;
    const secret = parseDatabaseSecret(value);
    const pool = new pg.Pool({
      ...settings,
      host: secret.host,
      port: secret.port ?? 5432,
      database: secret.dbname ?? "postgres",
      user: secret.username,
      password: secret.password.reveal(),
      ssl: tlsOf(secret),
    });
    // A connection that the server closes fails the query on it, or is replaced when there is none; it must not end the
    // process, which an "error" without a listener would.
    pool.on("error", ignore).on("connect", (connection) => connection.on("error", ignore));
    const before = active;
    active = { versionId, pool, asked: new Set() };
    if (before !== undefined) drain(before);
    return active;
  }

  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated === secretId && !closed) adopt(version);
  });

  async function* candidates(): AsyncGenerator<SourceVersion | undefined> {
    yield client.get(secretId);
    for (let round = 0; round < rounds; round++) {
      yield client.refresh(secretId);
      yield client.pending(secretId);
    }
  }

  async function connect(): Promise<pg.PoolClient> {
    const refused = new Set<string>();
    const note = (error: unknown, versionId: string): void => {
      if (!isRefusal(error)) throw error;
      refusedLogins++;
      refused.add(versionId);
    };
    // A credential from AWSPENDING stays in use until AWSCURRENT has caught up with it or passed it.
    if (active !== undefined && !closed) {
      const generation = active;
      try {
        return await connectTo(generation);
      } catch (error) {
        note(error, generation.versionId);
      }
    }
    for await (const version of candidates()) {
      if (closed) throw new RekeyError("pool-closed", { context: { secret: secretId } });
      if (version === undefined || refused.has(version.versionId)) continue;
      try {
        return await connectTo(adopt(version));
      } catch (error) {
        note(error, version.versionId);
      }
    }
    throw new RekeyError("credential-refused", { context: { secret: secretId } });
  }

  async function end(): Promise<void> {
    if (closed) return;
    closed = true;
    stopListening();
    if (active !== undefined) drain(active);
    await Promise.all(draining);
  }

  return {
    connect,
    async query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) {
      const connection = await connect();
      try {
        return await connection.query<Row>(sql, values === undefined ? undefined : [...values]);
      } finally {
        connection.release();
      }
    },
    get refusedLogins() {
      return refusedLogins;
    },
    get versionId() {
      return active?.versionId;
    },
    onDrained: (listener) => void drainListeners.add(listener),
    end,
    [Symbol.asyncDispose]: end,
  };
}
