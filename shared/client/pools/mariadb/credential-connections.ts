import { type Connection, createConnection, type ConnectionConfig, type PoolConnection } from "mariadb";
import type { CredentialPool } from "../rotating-generations.ts";
import { explainLogin } from "./login-failure.ts";
import type { Settings } from "./login-settings.ts";

/** The pool that the service sees. */
export interface OuterPool {
  /** Emits the event there; what a listener throws is not this pool's. */
  emit(event: "connection" | "acquire" | "release" | "enqueue", connection?: Connection): void;
  /** The credentials that have connections. */
  readonly credentials: Set<CredentialConnections>;
}

export interface CredentialConnections extends CredentialPool<PoolConnection> {
  /** Callers that wait for a connection. */
  readonly queued: number;
  /** One that is open, which knows how its server wants text escaped. */
  readonly any: Connection | undefined;
}

/** The connector's own words for the end of a connection, before the pool's stand in their place. */
interface Own {
  quit(): Promise<void>;
  cut(): void;
}

interface Idle {
  readonly connection: PoolConnection;
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout | undefined;
}

interface Waiting {
  resolve(connection: PoolConnection): void;
  reject(error: unknown): void;
}

/** `true` where the work was done in time. */
async function isDone(work: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, withinMs, false);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}

/**
 * Connections of one credential. The connector's own pool offers a refused credential again and again until
 * `acquireTimeout` is over, and cuts what is in use ten seconds after its end.
 */
export function credentialConnections(
  login: ConnectionConfig,
  settings: Settings,
  outer: OuterPool,
  changed: () => void,
): CredentialConnections {
  const { connectionLimit = 10, idleTimeout = 1_800, minDelayValidation = 500, pingTimeout = 250 } = settings;
  const open = new Map<PoolConnection, Own>();
  const idle: Idle[] = [];
  const queue: Waiting[] = [];
  let loggingIn = 0;
  let isRetired = false;
  let whenClosed: (() => void) | undefined;

  function gone(connection: PoolConnection): void {
    if (!open.delete(connection)) return;
    const at = idle.findIndex((one) => one.connection === connection);
    if (at !== -1) clearTimeout(idle.splice(at, 1)[0]?.timer);
    if (open.size === 0) whenClosed?.();
    serve();
    changed();
  }

  function close(connection: PoolConnection): void {
    const own = open.get(connection);
    own?.quit().then(
      () => gone(connection),
      () => gone(connection),
    );
  }

  async function logIn(): Promise<PoolConnection> {
    loggingIn++;
    try {
      return adopt(await createConnection(login));
    } finally {
      loggingIn--;
    }
  }

  function adopt(made: Connection): PoolConnection {
    const own: Own = { quit: made.end.bind(made), cut: made.destroy.bind(made) };
    const connection = made as PoolConnection;
    open.set(connection, own);
    // Without a listener an error would end the process.
    made.on("error", () => gone(connection));
    made.on("end", () => gone(connection));
    Object.assign(connection, {
      destroy() {
        own.cut();
        gone(connection);
      },
    });
    outer.emit("connection", connection);
    return connection;
  }

  /** To whoever uses it next, with a release that counts once. */
  function give(connection: PoolConnection): PoolConnection {
    let releasing: Promise<void> | undefined;
    const release = async (): Promise<void> => (releasing ??= takeBack(connection));
    Object.assign(connection, { release, end: release, close: release, [Symbol.asyncDispose]: release });
    outer.emit("acquire", connection);
    return connection;
  }

  async function cleaned(connection: PoolConnection): Promise<boolean> {
    if (isRetired || !connection.isValid()) return false;
    if (settings.noControlAfterUse === true) return true;
    const cleaning = settings.resetAfterUse === true ? connection.reset() : connection.rollback();
    return cleaning.then(
      () => !isRetired && connection.isValid(),
      () => false,
    );
  }

  async function takeBack(connection: PoolConnection): Promise<void> {
    const isKept = await cleaned(connection);
    outer.emit("release", connection);
    if (!isKept) return close(connection);
    const next = queue.shift();
    if (next === undefined) keep(connection);
    else next.resolve(give(connection));
    changed();
  }

  function keep(connection: PoolConnection): void {
    const timer = idleTimeout > 0 ? setTimeout(() => close(connection), idleTimeout * 1_000).unref() : undefined;
    idle.push({ connection, sinceMs: performance.now(), timer });
  }

  async function isHealthy({ connection, sinceMs }: Idle): Promise<boolean> {
    if (!connection.isValid()) return false;
    if (minDelayValidation > 0 && performance.now() - sinceMs <= minDelayValidation) return true;
    return isDone(connection.ping(), pingTimeout);
  }

  /** The one that was used last, so that those that nobody needs grow old. */
  async function takeIdle(): Promise<PoolConnection | undefined> {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      clearTimeout(kept.timer);
      if (await isHealthy(kept)) return kept.connection;
      kept.connection.destroy();
    }
    return undefined;
  }

  function serve(): void {
    while (queue.length > 0 && open.size + loggingIn < connectionLimit) {
      const next = queue.shift();
      if (next === undefined) return;
      void logIn()
        .then((connection) => next.resolve(give(connection)), next.reject)
        .finally(serve);
    }
  }

  const connections: CredentialConnections = {
    async connect() {
      const kept = await takeIdle();
      if (kept !== undefined) return give(kept);
      if (open.size + loggingIn < connectionLimit) {
        try {
          return give(await logIn());
        } finally {
          serve();
        }
      }
      outer.emit("enqueue");
      return new Promise((resolve, reject) => queue.push({ resolve, reject }));
    },
    get open() {
      return open.size;
    },
    get idle() {
      return idle.length;
    },
    get queued() {
      return queue.length;
    },
    get any() {
      return open.keys().next().value;
    },
    explain: (error) => explainLogin(error, login.ssl !== false && login.ssl !== undefined),
    async end() {
      isRetired = true;
      const allClosed = new Promise<void>((resolve) => (whenClosed = resolve));
      for (const { connection, timer } of idle.splice(0)) {
        clearTimeout(timer);
        close(connection);
      }
      if (open.size > 0) await allClosed;
      outer.credentials.delete(connections);
    },
    destroy() {
      for (const [connection, { cut }] of open) {
        cut();
        gone(connection);
      }
    },
  };
  outer.credentials.add(connections);
  return connections;
}
