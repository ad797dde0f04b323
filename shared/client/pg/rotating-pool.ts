import { callbackify } from "node:util";
import pg from "pg";
import type { LoginSecret } from "../../secrets/database-secret.ts";
import { type CredentialPool, type RotatingGenerations, rotatingGenerations } from "../pool/rotating-generations.ts";
import type { Rotating, RotatingOptions } from "../pool/rotating-options.ts";
import { serverHost } from "../pool/server-host.ts";
import { tlsOptions } from "../pool/tls-options.ts";
import { GuardedClient } from "./guarded-client.ts";
import { isRefusedLogin } from "./login-refusal.ts";

export interface RotatingPoolOptions extends RotatingOptions {
  /**
   * Everything but the user and the password. `host`, `port`, `database` and `ssl` are the secret's where they are not given
   * here; a secret that RDS manages has none of them.
   */
  readonly pool?: Omit<pg.PoolConfig, "user" | "password" | "connectionString">;
}

/** A `pg.Pool`, for whatever takes one. */
export interface RotatingPool extends pg.Pool, Rotating {
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
}

type Given = Parameters<Parameters<pg.Pool["connect"]>[0]>;

const passedOn = ["connect", "acquire", "release", "remove"] as const;

/** A pool that has no connections of its own, but those of a pool for each credential; what `pg.Pool` makes of them it inherits. */
class PgRotatingPool extends pg.Pool implements RotatingPool {
  readonly #generations: RotatingGenerations<pg.PoolClient>;
  #ending: Promise<void> | undefined;

  constructor({ pool: settings = {}, ...options }: RotatingPoolOptions) {
    super(settings);
    const open = (secret: LoginSecret) => this.#open(settings, secret);
    this.#generations = rotatingGenerations({ open, isRefusal: isRefusedLogin }, options);
  }

  #open(settings: pg.PoolConfig, secret: LoginSecret): CredentialPool<pg.PoolClient> {
    const pool = new pg.Pool({
      Client: GuardedClient,
      ...settings,
      host: serverHost(secret, settings.host, "pool.host"),
      port: settings.port ?? secret.port ?? 5432,
      database: settings.database ?? secret.dbname ?? "postgres",
      user: secret.username,
      password: secret.password.reveal(),
      ssl: settings.ssl ?? tlsOptions(secret) ?? false,
    });
    const connections = new Set<pg.PoolClient>();
    // A connection that the server closes fails the query on it, or is replaced when there is none; it must not end the
    // process, which an "error" without a listener would.
    const lost = (error: Error): void => void (this.listenerCount("error") > 0 && this.emit("error", error));
    pool.on("error", lost);
    pool.on("connect", (connection) => {
      connection.on("error", () => undefined);
      connections.add(connection);
    });
    pool.on("remove", (connection) => connections.delete(connection));
    for (const name of passedOn) pool.on(name, (...about: unknown[]) => this.emit(name, ...about));
    return {
      connect: async () => pool.connect(),
      end: async () => pool.end(),
      destroy() {
        for (const connection of connections) (connection as pg.PoolClient & pg.Client).end().catch(() => undefined);
      },
    };
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...given: Given) => void): void;
  override connect(callback?: (...given: Given) => void): Promise<pg.PoolClient> | void {
    if (callback === undefined) return this.#generations.connect();
    callbackify(this.#generations.connect)((error, connection?: pg.PoolClient) =>
      callback(error ?? undefined, connection, connection?.release ?? (() => undefined)),
    );
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    const ending = (this.#ending ??= this.#generations.end().then(() => super.end()));
    if (callback === undefined) return ending;
    callbackify(async () => ending)(() => callback());
  }

  get refusedLogins(): number {
    return this.#generations.refusedLogins;
  }

  get versionId(): string | undefined {
    return this.#generations.versionId;
  }

  onDrained(listener: (versionId: string) => void): void {
    this.#generations.onDrained(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/**
 * A `pg` pool that survives rotations: new connections take the newest credential; one that is refused is tried again with
 * AWSCURRENT as it is now, then with AWSPENDING. A query is sent once. Errors, from `connect` and `query`: those of `pg`
 * and of the client, `credential-refused`, `pool-closed`.
 */
export const createRotatingPool = (options: RotatingPoolOptions): RotatingPool => new PgRotatingPool(options);
