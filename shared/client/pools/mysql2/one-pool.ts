import { callbackify } from "node:util";
import type mysql from "mysql2";
import { callListener } from "../../call-listener.ts";
import { goodbyeMs } from "../connect-time.ts";
import type { CredentialPool } from "../rotating-generations.ts";
import { explainLogin } from "./login-failure.ts";
import { type ConnectionConfig, type ConnectionQueue, connectionInsides, insides } from "./pool-insides.ts";

/** Where and as whom to log in. */
export interface Login extends Pick<ConnectionConfig, "host" | "port" | "database" | "ssl"> {
  readonly user: string;
  readonly password: string;
}

export interface OnePool {
  /** Connections from now on log in so. Those that were logged in before are closed, what is in use at its release. */
  open(login: Login, changed: () => void): CredentialPool<mysql.PoolConnection>;
  /** Whoever asks the pool for a connection, its own `query` and `execute` too, is given one by this. */
  giveBy(connect: () => Promise<mysql.PoolConnection>): void;
  /** Ends the pool. What is still in use is closed at its release. */
  end(): void;
}

/** The connections of one credential. */
interface Generation {
  readonly open: Set<mysql.PoolConnection>;
  isRetired: boolean;
  whenClosed: () => void;
  readonly changed: () => void;
}

type Connect = mysql.Pool["getConnection"];

/** When every connection is of a replaced credential and in use, whoever waits gets one more after this time. */
const patienceMs = 1_000;

const generationKey = Symbol("generation");
const generationOf = (connection: mysql.PoolConnection): Generation | undefined =>
  Reflect.get(connectionInsides(connection).config, generationKey) as Generation | undefined;

function count(queue: ConnectionQueue, isCounted: (connection: mysql.PoolConnection) => boolean): number {
  let counted = 0;
  for (let at = 0; at < queue.length; at++) {
    const connection = queue.get(at);
    if (connection !== undefined && isCounted(connection)) counted++;
  }
  return counted;
}

function take(queue: ConnectionQueue, isWanted: (connection: mysql.PoolConnection) => boolean): mysql.PoolConnection[] {
  const taken: mysql.PoolConnection[] = [];
  for (let at = queue.length - 1; at >= 0; at--) {
    const connection = queue.get(at);
    if (connection === undefined || !isWanted(connection)) continue;
    queue.removeOne(at);
    taken.push(connection);
  }
  return taken;
}

/** The driver's settings with this login. The password is not enumerable, so that no one who prints the pool prints it. */
function configOf(before: ConnectionConfig, { password, ...login }: Login, generation: Generation): ConnectionConfig {
  const descriptors = Object.getOwnPropertyDescriptors(before);
  const config = Object.create(Object.getPrototypeOf(before) as object, descriptors) as ConnectionConfig;
  Object.assign(config, login);
  Object.defineProperty(config, "password", { value: password, configurable: true, writable: true, enumerable: false });
  Object.defineProperty(config, generationKey, { value: generation, configurable: true });
  return config;
}

const events: ReadonlySet<string | symbol> = new Set(["connection", "acquire", "enqueue", "release"]);

/** The driver calls them in the midst of its work: one that throws would cost a connection, or the process. */
function isolateListeners(pool: mysql.Pool): void {
  const emit = pool.emit.bind(pool);
  pool.emit = (event, ...about: unknown[]) => {
    if (!events.has(event)) return emit(event, ...about);
    const listeners = pool.rawListeners(event);
    for (const listener of listeners)
      callListener(String(event), () => Reflect.apply(listener, pool, about) as unknown);
    return listeners.length > 0;
  };
}

/**
 * Makes one pool of the driver serve one credential after the other, so that its limits, queue, events and properties are
 * those of the service's pool. A connection counts until the server has closed it, so a rotation never has more of them open
 * than the limit says.
 */
export function onePool(pool: mysql.Pool): OnePool {
  const { config, _allConnections: all, _freeConnections: free, _connectionQueue: queue } = insides(pool);
  const connect = pool.getConnection.bind(pool);
  const release = pool.releaseConnection.bind(pool);
  const endPool = pool.end.bind(pool);
  /** What waits in the driver's queue comes by `getConnection` a second time, when a connection has left the pool. */
  const known = new WeakSet<object>();
  const closing = new WeakSet<mysql.PoolConnection>();
  const generations = new Set<Generation>();
  let patience: NodeJS.Timeout | undefined;

  /** Whoever holds a connection of a replaced credential may be waiting for another one, or never give it back. */
  function grantOneMore(): void {
    if (count(all, (connection) => generationOf(connection)?.isRetired !== true) > 0) return;
    all.removeOne(0);
    // One that has left the pool makes the driver look whether there is room for a new one.
    release({ _pool: null } as never);
  }

  function bePatient(): void {
    patience ??= setTimeout(() => {
      patience = undefined;
      if (queue.length === 0) return;
      grantOneMore();
      bePatient();
    }, patienceMs).unref();
  }

  function gone(connection: mysql.PoolConnection): void {
    const generation = generationOf(connection);
    if (generation?.open.delete(connection) !== true) return;
    if (generation.isRetired) settle(generation);
    generation.changed();
  }

  function settle(generation: Generation): void {
    if (generation.open.size > 0) return;
    generations.delete(generation);
    generation.whenClosed();
  }

  function close(connection: mysql.PoolConnection): void {
    if (closing.has(connection)) return;
    closing.add(connection);
    const { stream } = connectionInsides(connection);
    // Over TLS the driver tells of no end, and keeps the connection in its pool.
    function closed(): void {
      clearTimeout(late);
      connection.destroy();
      gone(connection);
    }
    const late = setTimeout(() => {
      stream.destroy();
      closed();
    }, goodbyeMs).unref();
    stream.once("close", closed);
    connectionInsides(connection)._realEnd();
  }

  function retire(generation: Generation): void {
    generation.isRetired = true;
    for (const connection of take(free, (idle) => generationOf(idle) === generation)) close(connection);
  }

  pool.on("connection", (connection) => {
    generationOf(connection)?.open.add(connection);
    // Without a listener an error would end the process; the driver has taken the connection out of its pool.
    connection.on("error", () => gone(connection)).on("end", () => gone(connection));
  });
  /** What a rotation has just closed leaves no room for a moment. Whoever finds none then waits, as if it were idle still. */
  function connectOrWait(callback: Parameters<Connect>[0]): void {
    const { waitForConnections, queueLimit } = config;
    if (count(all, (connection) => closing.has(connection)) > 0)
      Object.assign(config, { waitForConnections: true, queueLimit: 0 });
    connect(callback);
    Object.assign(config, { waitForConnections, queueLimit });
  }

  isolateListeners(pool);
  pool.on("enqueue", bePatient);
  // With `resetOnRelease` a connection is released some time after the driver brought it here.
  pool.on("release", (connection) => {
    const generation = generationOf(connection);
    if (generation?.isRetired === true) retire(generation);
  });
  // Here the driver brings each connection that is released, and each that leaves the pool, which is then no longer its own.
  pool.releaseConnection = (released) => {
    const connection = released as mysql.PoolConnection;
    const isOut = !connectionInsides(connection)._pool;
    if (isOut) gone(connection);
    if (!isOut && generationOf(connection)?.isRetired === true) return close(connection);
    release(connection);
  };

  return {
    open(login, changed) {
      const generation: Generation = { open: new Set(), isRetired: false, whenClosed: () => undefined, changed };
      for (const earlier of generations) retire(earlier);
      bePatient();
      generations.add(generation);
      const own = configOf(config.connectionConfig, login, generation);
      config.connectionConfig = own;
      return {
        get open() {
          return generation.open.size;
        },
        get idle() {
          return generation.isRetired ? 0 : free.length;
        },
        explain: (error) => explainLogin(error, Boolean(own.ssl)),
        connect: async () =>
          new Promise((resolve, reject) => {
            const given: Parameters<Connect>[0] = (error, connection) =>
              error === null ? resolve(connection) : reject(error);
            known.add(given);
            connectOrWait(given);
          }),
        end: async () =>
          new Promise((resolve) => {
            generation.whenClosed = resolve;
            retire(generation);
            settle(generation);
          }),
        destroy() {
          for (const connection of generation.open) connection.destroy();
        },
      };
    },
    giveBy(rotatingConnect) {
      const give = callbackify(rotatingConnect) as Connect;
      pool.getConnection = (callback) => (known.has(callback) ? connect(callback) : give(callback));
    },
    end() {
      clearTimeout(patience);
      // The driver would cut what is in use, and hear of no release any more.
      for (const connection of take(all, (one) => generationOf(one)?.open.has(one) === true))
        connection.release = () => close(connection);
      endPool(() => undefined);
    },
  };
}
