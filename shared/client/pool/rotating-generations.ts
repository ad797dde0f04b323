import { RekeyError } from "../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../secrets/database-secret.ts";
import { callListener } from "../call-listener.ts";
import { keptAlive } from "../kept-alive.ts";
import type { SourceVersion } from "../secret-source.ts";
import { acknowledging } from "./acknowledging.ts";
import { credentialCandidates } from "./credential-candidates.ts";
import type { RotatingOptions } from "./rotating-options.ts";

/** The driver's pool for one credential. */
export interface CredentialPool<Connection> {
  connect(): Promise<Connection>;
  /** Closes idle connections at once and each other one at its release; resolves with the last. Nothing is asked of it meanwhile. */
  end(): Promise<void>;
  /** Closes those in use too. */
  destroy(): void;
}

export interface PoolDriver<Connection> {
  open(secret: LoginSecret): CredentialPool<Connection>;
  /** Whether the server turned this login down, which it says before any query is sent. */
  isRefusal(error: unknown): boolean;
}

export interface RotatingGenerations<Connection> {
  /** Errors: the driver's, the client's, `credential-refused`, `pool-closed`. */
  connect(): Promise<Connection>;
  readonly refusedLogins: number;
  readonly versionId: string | undefined;
  onDrained(listener: (versionId: string) => void): void;
  /** Idempotent. */
  end(): Promise<void>;
}

interface Generation<Connection> {
  readonly versionId: string;
  readonly pool: CredentialPool<Connection>;
  /** Connections asked for and not yet given: a pool that ends would leave them waiting for ever. */
  readonly asked: Set<Promise<unknown>>;
}

async function connectTo<Connection>({ pool, asked }: Generation<Connection>): Promise<Connection> {
  const asking = pool.connect();
  asked.add(asking);
  try {
    return await asking;
  } finally {
    asked.delete(asking);
  }
}

async function endWhenGiven({ pool, asked }: Generation<unknown>): Promise<void> {
  while (asked.size > 0) await Promise.allSettled(asked);
  // A connection that cannot be closed in order is closed all the same.
  await pool.end().catch(() => undefined);
}

/**
 * One of the driver's pools for each credential. New connections take the newest; when it is refused, one caller looks for
 * another, first AWSCURRENT as it is now, then AWSPENDING, and the rest wait for what it finds. No caller offers a
 * credential twice once refused. Connections of a replaced credential finish their work.
 */
export function rotatingGenerations<Connection>(
  driver: PoolDriver<Connection>,
  options: RotatingOptions,
): RotatingGenerations<Connection> {
  const { client, secretId, drainTimeoutMs = 60_000, afterDrainTimeout = "release" } = options;
  const acknowledgement = acknowledging(options);
  const drainListeners = new Set<(versionId: string) => void>();
  const draining = new Set<Promise<void>>();
  let active: Generation<Connection> | undefined;
  /** Whether the server has taken the active credential. */
  let isProven = false;
  let replaced = 0;
  let search: Promise<unknown> | undefined;
  let ending: Promise<void> | undefined;
  let refusedLogins = 0;

  const settled = (): void => {
    if (active !== undefined && isProven && replaced === 0) acknowledgement.alone(active.versionId);
  };

  function drain(generation: Generation<Connection>): void {
    replaced++;
    const ended = endWhenGiven(generation).then(() => {
      replaced--;
      for (const listener of drainListeners) callListener("drained", () => listener(generation.versionId));
      settled();
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

  function adopt({ versionId, value }: SourceVersion): Generation<Connection> {
    if (active?.versionId === versionId) return active;
    const before = active;
    active = { versionId, pool: driver.open(parseLoginSecret(value)), asked: new Set() };
    isProven = false;
    if (before !== undefined) drain(before);
    return active;
  }

  const stopListening = client.on("rotated", ({ secretId: rotated, version }) => {
    if (rotated !== secretId) return;
    try {
      adopt(version);
    } catch {
      // The pool keeps the credential that it has. When the server refuses it, the next connection reports this error.
      return;
    }
    settled();
  });

  /** `undefined`: refused. */
  async function offer(generation: Generation<Connection>, refused: Set<string>): Promise<Connection | undefined> {
    try {
      const connection = await connectTo(generation);
      if (generation === active) isProven = true;
      settled();
      return connection;
    } catch (error) {
      if (!driver.isRefusal(error)) throw error;
      refusedLogins++;
      refused.add(generation.versionId);
      return undefined;
    }
  }

  function assertOpen(): void {
    if (ending !== undefined) throw new RekeyError("pool-closed", { context: { secret: secretId } });
  }

  async function find(refused: Set<string>): Promise<Connection> {
    for await (const version of credentialCandidates(client, secretId, refused)) {
      assertOpen();
      const connection = await offer(adopt(version), refused);
      if (connection !== undefined) return connection;
    }
    throw new RekeyError("credential-refused", { context: { secret: secretId } });
  }

  async function connect(): Promise<Connection> {
    const refused = new Set<string>();
    // Without events, it is such reads by which the client learns of a rotation. No connection waits for one.
    if (active !== undefined) client.get(secretId).catch(() => undefined);
    for (;;) {
      if (search !== undefined) await search;
      assertOpen();
      // A credential from AWSPENDING stays in use until AWSCURRENT has caught up with it or passed it.
      if (active !== undefined && !refused.has(active.versionId)) {
        const connection = await offer(active, refused);
        if (connection !== undefined) return connection;
      } else if (search === undefined) {
        const found = find(refused).finally(() => (search = undefined));
        search = found;
        return found;
      }
    }
  }

  async function end(): Promise<void> {
    stopListening();
    if (active !== undefined) drain(active);
    await Promise.all(draining);
  }

  return {
    connect: async () => keptAlive(connect()),
    get refusedLogins() {
      return refusedLogins;
    },
    get versionId() {
      return active?.versionId;
    },
    onDrained: (listener) => void drainListeners.add(listener),
    end: async () => (ending ??= keptAlive(end())),
  };
}
