import { setImmediate as turn } from "node:timers/promises";
import { type CredentialPool, type RotatingGenerations, rotatingGenerations } from "../rotating-generations.ts";
import type { RotatingOptions } from "../rotating-options.ts";
import { readingOf } from "./login-failure.ts";
import { type GivenServer, loginOf } from "./login-settings.ts";
import { closeIdle, type ManagerInsides, type ServerConfig } from "./supported-sequelize.ts";

/** A connection that Sequelize's pool is given. */
interface Given {
  readonly connection: object;
  release(): void;
}

/** The connections of one credential with one server. */
interface Generation {
  readonly open: Set<object>;
  whenClosed: (() => void) | undefined;
  readonly changed: () => void;
}

/** One server that Sequelize connects to, whose logins follow the secret. */
export interface RotatingServer extends Pick<RotatingGenerations<Given>, "refusedLogins" | "versionId" | "end"> {
  connect(): Promise<object>;
  /** Whether the connection is the newest credential's. */
  isCurrent(connection: object): boolean;
  /** To be called when a connection is closed. */
  gone(connection: object): void;
  /** Whether no connection is another version's. */
  isAlone(versionId: string): boolean;
}

/** How Sequelize connects, and how it ends connections, before rekey stands in between. */
export interface OwnManager extends Pick<ManagerInsides, "connect" | "disconnect"> {
  readonly pool: ManagerInsides["pool"];
}

/** Whoever prints a connection must not print its password; mysql2 keeps it where it is seen. */
function hidePassword(connection: object): void {
  const config: unknown = Reflect.get(connection, "config");
  if (typeof config === "object" && config !== null && Object.hasOwn(config, "password"))
    Object.defineProperty(config, "password", { enumerable: false });
}

/** In the midst of what it does. pg has `end` alone, which cuts a connection that is at work. */
function cut(connection: object): void {
  const end: unknown = Reflect.get(connection, "destroy") ?? Reflect.get(connection, "end");
  if (typeof end === "function") void Reflect.apply(end, connection, []);
}

export function rotatingServer(
  config: ServerConfig,
  given: GivenServer & { readonly acquireMs: number },
  own: OwnManager,
  options: RotatingOptions,
): RotatingServer {
  const { isRefusal, isLimit, explain } = readingOf(given.dialect);
  const generations = new Map<object, Generation>();
  const live = new Set<Generation>();
  let newest: Generation | undefined;

  function gone(connection: object): void {
    const generation = generations.get(connection);
    if (generation === undefined) return;
    generations.delete(connection);
    generation.open.delete(connection);
    if (generation.open.size === 0) generation.whenClosed?.();
    generation.changed();
  }

  const rotating = rotatingGenerations<Given>(
    {
      open(secret, changed): CredentialPool<Given> {
        const login = loginOf(config, given, secret);
        const generation: Generation = { open: new Set(), whenClosed: undefined, changed };
        live.add((newest = generation));
        return {
          async connect() {
            const connection = await own.connect(login.config);
            hidePassword(connection);
            generations.set(connection, generation);
            generation.open.add(connection);
            return { connection, release: () => void own.disconnect(connection).finally(() => gone(connection)) };
          },
          get open() {
            return generation.open.size;
          },
          idle: 0,
          explain: (error) => explain(error, login.isEncrypted),
          async end() {
            if (newest === generation) newest = undefined;
            const allClosed = new Promise<void>((resolve) => (generation.whenClosed = resolve));
            // Sequelize's pool has a connection a moment after it was given.
            await turn();
            closeIdle(own.pool, (connection) => generation.open.has(connection));
            if (generation.open.size > 0) await allClosed;
            live.delete(generation);
          },
          destroy() {
            for (const connection of generation.open) {
              cut(connection);
              own.pool.destroy(connection);
            }
          },
        };
      },
      isRefusal,
      isLimit,
      // Sequelize's own pool keeps its limit over all credentials.
      limit: () => Infinity,
      connectTimeoutMs: given.acquireMs,
      lateError: undefined,
    },
    options,
  );
  return {
    connect: async () => (await rotating.connect()).connection,
    isCurrent: (connection) => newest?.open.has(connection) === true,
    gone,
    isAlone: (versionId) =>
      [...live].every(({ open }) => open.size === 0) ||
      (rotating.versionId === versionId && [...live].every((one) => one === newest || one.open.size === 0)),
    get refusedLogins() {
      return rotating.refusedLogins;
    },
    get versionId() {
      return rotating.versionId;
    },
    end: rotating.end,
  };
}
