import { RekeyError } from "../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { callListener } from "../call-listener.ts";
import { keptAlive } from "../kept-alive.ts";
import { codeOrName } from "../name-of-thrown.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import { acknowledging } from "./acknowledging.ts";
import { type ConnectTime, connectTime } from "./connect-time.ts";
import { credentialCandidates } from "./credential-candidates.ts";
import { explainedError, type Explanation } from "./tls-failure.ts";
import type { RotatingOptions } from "./rotating-options.ts";
import { type Occupancy, sharedLimit } from "./shared-limit.ts";

/** The driver's pool for one credential. */
export interface CredentialPool<Connection> extends Omit<Occupancy, "asked"> {
  connect(): Promise<Connection>;
  /** Of an error of `connect`; `undefined`: the driver's error says what is to be said. */
  explain(error: unknown): Explanation | undefined;
  /** Closes idle connections at once and each other one at its release; resolves with the last. Nothing is asked of it meanwhile. */
  end(): Promise<void>;
  /** Closes those in use too. */
  destroy(): void;
}

export interface PoolDriver<Connection, Pool extends CredentialPool<Connection> = CredentialPool<Connection>> {
  /** `changed` is to be called whenever a connection was released or closed. Errors: `secret-malformed`, the driver's. */
  open(secret: LoginSecret, changed: () => void): Pool;
  /** Whether the server turned this login down, which it says before any query is sent. */
  isRefusal(error: unknown): boolean;
  /** Whether the server has as many connections, of this user or of all, as it takes. */
  isLimit(error: unknown): boolean;
  /** The most connections at once. */
  limit(): number;
  /** For all of `connect`; `undefined` or 0: without limit. */
  readonly connectTimeoutMs: number | undefined;
  /** What the driver says when it is over; `undefined`: the driver does not limit the wait for a free connection. */
  readonly lateError: (() => Error) | undefined;
}

export interface RotatingGenerations<Connection, Pool extends CredentialPool<Connection> = CredentialPool<Connection>> {
  /**
   * `ask`: what is asked of a credential's pool in place of its `connect`; it may be asked again of the next one once the
   * login was refused. Errors: the driver's, the client's, `credential-refused`, `tls-refused`, `time-budget-spent`, `pool-closed`.
   */
  connect(ask?: (pool: Pool) => Promise<Connection>): Promise<Connection>;
  readonly refusedLogins: number;
  readonly versionId: string | undefined;
  /** Callers that wait for a connection of a replaced credential to close. */
  readonly waiting: number;
  onDrained(listener: (versionId: string) => void): void;
  /** Idempotent. */
  end(): Promise<void>;
}

interface Generation<Pool> {
  readonly versionId: string;
  readonly pool: Pool;
  /** Connections asked for and not yet given: a pool that ends would leave them waiting for ever. */
  readonly asked: Set<Promise<unknown>>;
}

/** One call of `connect`. */
interface Attempt<Connection, Pool> {
  readonly ask: (pool: Pool) => Promise<Connection>;
  readonly time: ConnectTime;
  /** Versions that were refused. */
  readonly refused: Set<string>;
  lastRefusal: Explanation | undefined;
}

interface Releasable {
  release(): void;
}

const none: Occupancy = { asked: 0, open: 0, idle: 0 };

const occupancyOf = ({ pool, asked }: Generation<CredentialPool<unknown>>): Occupancy => ({
  asked: asked.size,
  open: pool.open,
  idle: pool.idle,
});

async function endWhenGiven({ pool, asked }: Generation<CredentialPool<unknown>>): Promise<void> {
  while (asked.size > 0) await Promise.allSettled(asked);
  // A connection that cannot be closed in order is closed all the same.
  await pool.end().catch(() => undefined);
}

/**
 * One of the driver's pools for each credential. New connections take the newest; when it is refused, one caller looks for
 * another, first AWSCURRENT as it is now, then AWSPENDING, and the rest wait for what it finds. No caller offers a
 * credential twice once refused. Connections of a replaced credential finish their work, within the one limit of all.
 */
export function rotatingGenerations<
  Connection extends Releasable,
  Pool extends CredentialPool<Connection> = CredentialPool<Connection>,
>(driver: PoolDriver<Connection, Pool>, options: RotatingOptions): RotatingGenerations<Connection, Pool> {
  type Asked = Attempt<Connection, Pool>;
  const { client, secretId, drainTimeoutMs = 60_000, afterDrainTimeout = "release" } = options;
  const acknowledgement = acknowledging(options);
  const drainListeners = new Set<(versionId: string) => void>();
  const draining = new Set<Promise<void>>();
  const replaced = new Set<Generation<Pool>>();
  let active: Generation<Pool> | undefined;
  /** Whether the server has taken the active credential. */
  let isProven = false;
  /** The last version whose value could not be used. */
  let unusable: string | undefined;
  let search: Promise<void> | undefined;
  /** Whether the search waits for the secret, and not for the server. */
  let isReading = false;
  let isOver = false;
  let ending: Promise<void> | undefined;
  let refusedLogins = 0;
  const limit = sharedLimit({
    limit: () => (isOver ? Infinity : driver.limit()),
    newest: () => (active === undefined ? none : occupancyOf(active)),
    replaced: () => [...replaced].map(occupancyOf),
    isLimit: (error) => driver.isLimit(error),
    longestMs: driver.connectTimeoutMs || drainTimeoutMs,
  });

  const settled = (): void => {
    if (active !== undefined && isProven && replaced.size === 0) acknowledgement.alone(active.versionId);
  };

  function drain(generation: Generation<Pool>): void {
    replaced.add(generation);
    const ended = endWhenGiven(generation).then(() => {
      replaced.delete(generation);
      for (const listener of drainListeners) callListener("drained", () => listener(generation.versionId));
      settled();
      limit.changed();
    });
    const bounded = new Promise<void>((resolve, reject) => {
      const overdue = setTimeout(() => {
        if (afterDrainTimeout === "destroy") generation.pool.destroy();
        resolve();
      }, drainTimeoutMs).unref();
      ended.finally(() => clearTimeout(overdue)).then(resolve, reject);
    }).finally(() => draining.delete(bounded));
    draining.add(bounded);
  }

  /** Errors: `secret-malformed`, `secret-binary`. */
  function open(value: SecretValue): Pool {
    const secret = parseLoginSecret(value);
    try {
      return driver.open(secret, limit.changed);
    } catch (error) {
      if (error instanceof RekeyError) throw error;
      throw new RekeyError("secret-malformed", {
        context: { secret: secretId, problem: "not taken by the driver", reason: codeOrName(error) },
      });
    }
  }

  /** Errors: those of a value that cannot be used. The active credential then stays. */
  function adopt({ versionId, value }: SourceVersion): Generation<Pool> {
    if (active?.versionId === versionId) return active;
    const before = active;
    active = { versionId, pool: open(value), asked: new Set() };
    isProven = false;
    if (before !== undefined) drain(before);
    return active;
  }

  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated !== secretId) return;
    try {
      adopt(version);
    } catch (error) {
      // The pool keeps the credential that it has. When the server refuses it, the next connection reports this error too.
      if (unusable === version.versionId) return;
      unusable = version.versionId;
      if (error instanceof RekeyError) client.report({ secretId, error });
      return;
    }
    settled();
  });

  async function connectTo(generation: Generation<Pool>, ask: Asked["ask"]): Promise<Connection> {
    const asking = ask(generation.pool);
    generation.asked.add(asking);
    try {
      return await asking;
    } finally {
      generation.asked.delete(asking);
      limit.changed();
    }
  }

  /** `undefined`: refused, or replaced before it was asked. */
  async function offer(generation: Generation<Pool>, attempt: Asked): Promise<Connection | undefined> {
    const { time, refused } = attempt;
    const ask = async (): Promise<Connection | undefined> => {
      assertOpen();
      return generation === active ? connectTo(generation, attempt.ask) : undefined;
    };
    const connecting = limit.enter(ask, time.signal);
    try {
      const connection = await time.forServer(connecting);
      if (connection !== undefined) {
        if (generation === active) isProven = true;
        settled();
      }
      return connection;
    } catch (error) {
      if (time.signal.aborted) connecting.then((connection) => connection?.release()).catch(() => undefined);
      const explanation = generation.pool.explain(error);
      if (!driver.isRefusal(error)) throw explanation === undefined ? error : explainedError(secretId, explanation);
      refusedLogins++;
      refused.add(generation.versionId);
      attempt.lastRefusal = explanation;
      return undefined;
    }
  }

  function assertOpen(): void {
    if (isOver) throw new RekeyError("pool-closed", { context: { secret: secretId } });
  }

  async function find(attempt: Asked): Promise<Connection> {
    const candidates = credentialCandidates(client, secretId, attempt.refused);
    for (;;) {
      isReading = true;
      const { done, value: version } = await attempt.time.forSecret(candidates.next());
      isReading = false;
      if (done) throw explainedError(secretId, attempt.lastRefusal ?? { code: "credential-refused", context: {} });
      assertOpen();
      const connection = await offer(adopt(version), attempt);
      if (connection !== undefined) return connection;
    }
  }

  async function connect(asking: Asked["ask"] = async (pool) => pool.connect()): Promise<Connection> {
    const { connectTimeoutMs: limitMs, lateError } = driver;
    const time = connectTime({ secretId, limitMs, lateError });
    const attempt: Asked = { ask: asking, time, refused: new Set(), lastRefusal: undefined };
    // Without events, it is such reads by which the client learns of a rotation. No connection waits for one.
    if (active !== undefined) client.get(secretId).catch(() => undefined);
    for (;;) {
      if (search !== undefined) await time.forSearch(search, () => isReading);
      assertOpen();
      // A credential from AWSPENDING stays in use until AWSCURRENT has caught up with it or passed it.
      if (active !== undefined && !attempt.refused.has(active.versionId)) {
        const connection = await offer(active, attempt);
        if (connection !== undefined) return connection;
      } else if (search === undefined) {
        const found = find(attempt).finally(() => (search = undefined));
        // Those who wait look for themselves once this caller's time is over.
        search = found.then(
          () => undefined,
          (error: unknown) => {
            if (!time.signal.aborted) throw error;
          },
        );
        search.catch(() => undefined);
        return found;
      }
    }
  }

  async function end(): Promise<void> {
    isOver = true;
    stopListening();
    if (active !== undefined) drain(active);
    limit.changed();
    await Promise.all(draining);
  }

  return {
    connect: async (ask) => keptAlive(connect(ask)),
    get refusedLogins() {
      return refusedLogins;
    },
    get versionId() {
      return active?.versionId;
    },
    get waiting() {
      return limit.waiting;
    },
    onDrained: (listener) => void drainListeners.add(listener),
    end: async () => (ending ??= keptAlive(end())),
  };
}
