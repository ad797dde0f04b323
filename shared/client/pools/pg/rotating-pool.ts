import pg from "pg";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { callListener } from "../../call-listener.ts";
import { type RotatingGenerations, rotatingGenerations } from "../rotating-generations.ts";
import { assertKnown, type Rotating, type RotatingOptions } from "../rotating-options.ts";
import { credentialPool, type OuterPool } from "./credential-pool.ts";
import { isConnectionLimit, isRefusedLogin } from "./login-failure.ts";

/** The user is the secret's, and nothing in the settings may say otherwise. */
const ofTheSecret = ["user", "password", "connectionString"] as const;

export interface RotatingPoolOptions extends RotatingOptions {
  /**
   * Everything but the user and the password. `host`, `port`, `database` and `ssl` are the secret's where they are not given
   * here; a secret that RDS manages has none of them. `connectionTimeoutMillis` is for all of `connect`, the secret included.
   */
  readonly pool?: Omit<pg.PoolConfig, (typeof ofTheSecret)[number]>;
}

/** A `pg.Pool`, for whatever takes one. */
export interface RotatingPool extends pg.Pool, Rotating {
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
}

type Given = Parameters<Parameters<pg.Pool["connect"]>[0]>;

function requireNoCredential(settings: object): void {
  for (const name of ofTheSecret) {
    if (Reflect.get(settings, name) === undefined) continue;
    throw new RekeyError("option-invalid", {
      context: { option: `pool.${name}` },
      hint: `remove pool.${name}: the pool logs in with the secret's user name and password; host, port and database may be given`,
    });
  }
}

const sum = (pools: ReadonlySet<pg.Pool>, count: (pool: pg.Pool) => number): number =>
  [...pools].reduce((total, pool) => total + count(pool), 0);

/** A pool that has no connections of its own, but those of a pool for each credential; what `pg.Pool` makes of them it inherits. */
class PgRotatingPool extends pg.Pool implements RotatingPool {
  static {
    // In `pg.Pool` they are accessors, which its types call properties.
    const counts = {
      totalCount: (pool: PgRotatingPool) => sum(pool.#pools, ({ totalCount }) => totalCount),
      idleCount: (pool: PgRotatingPool) => sum(pool.#pools, ({ idleCount }) => idleCount),
      expiredCount: (pool: PgRotatingPool) => sum(pool.#pools, ({ expiredCount }) => expiredCount),
      waitingCount: (pool: PgRotatingPool) =>
        sum(pool.#pools, ({ waitingCount }) => waitingCount) + (pool.#generations?.waiting ?? 0),
    };
    for (const [name, count] of Object.entries(counts)) {
      Object.defineProperty(this.prototype, name, {
        configurable: true,
        get(this: PgRotatingPool) {
          return count(this);
        },
      });
    }
  }

  readonly #generations: RotatingGenerations<pg.PoolClient>;
  /** One for each credential that has connections. */
  readonly #pools = new Set<pg.Pool>();

  constructor({ pool: settings = {}, ...options }: RotatingPoolOptions) {
    assertKnown(options);
    requireNoCredential(settings);
    super(settings);
    const outer: OuterPool = {
      emit: (event, ...about) => callListener(event, () => this.emit(event, ...about)),
      isHeard: (event) => this.listenerCount(event) > 0,
      pools: this.#pools,
    };
    this.#generations = rotatingGenerations(
      {
        open: (secret, changed) => credentialPool(this.options, secret, outer, changed),
        isRefusal: isRefusedLogin,
        isLimit: isConnectionLimit,
        limit: () => this.options.max,
        connectTimeoutMs: settings.connectionTimeoutMillis,
        lateError: () => new Error("timeout exceeded when trying to connect"),
      },
      options,
    );
  }

  /** A promise of the kind that the settings name. */
  #promised<Result>(work: Promise<Result>): Promise<Result> {
    const { Promise: Chosen = Promise } = this.options;
    return new Chosen<Result>((resolve, reject) => void work.then(resolve, reject)) as Promise<Result>;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: (...given: Given) => void): void;
  override connect(callback?: (...given: Given) => void): Promise<pg.PoolClient> | void {
    const connecting = this.#generations.connect();
    if (callback === undefined) return this.#promised(connecting);
    connecting.then(
      (client) => process.nextTick(callback, undefined, client, client.release),
      (error: Error) => process.nextTick(callback, error, undefined, () => undefined),
    );
  }

  override end(): Promise<void>;
  override end(callback: (error?: Error) => void): void;
  override end(callback?: (error?: Error) => void): Promise<void> | void {
    const ending = this.#promised(this.#ending());
    if (callback === undefined) return ending;
    ending.then(
      () => process.nextTick(callback),
      (error: Error) => process.nextTick(callback, error),
    );
  }

  async #ending(): Promise<void> {
    if (this.ending) throw new Error("Called end on pool more than once");
    Object.assign(this, { ending: true });
    await this.#generations.end();
    Object.assign(this, { ended: true });
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
    if (this.ending) return this.#generations.end();
    await this.end();
  }
}

/**
 * A `pg` pool that survives rotations: new connections take the newest credential; one that is refused is tried again with
 * AWSCURRENT as it is now, then with AWSPENDING. A query is sent once. Errors: `option-invalid`; from `connect` and `query`:
 * those of `pg` and of the client, `credential-refused`, `tls-refused`, `time-budget-spent`, `pool-closed`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingPool } from "rekey/client/pg";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const pool = createRotatingPool({ client, secretId: "prod/orders", pool: { max: 10 } });
 * const { rows } = await pool.query("SELECT now()");
 * ```
 */
export const createRotatingPool = (options: RotatingPoolOptions): RotatingPool => new PgRotatingPool(options);
