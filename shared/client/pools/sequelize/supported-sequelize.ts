import type { Sequelize } from "sequelize";
import { RekeyError } from "../../../errors/rekey-error.ts";

/** The range whose connection manager has what rekey uses; the same range is the package's peer. */
const supported = "6.37.0 to 6.x";
const [major, lowestMinor] = [6, 37];

/** Of a server that Sequelize connects to: the only one, the writer, or a replica. */
export interface ServerConfig {
  readonly dialectOptions?: Readonly<Record<string, unknown>>;
}

interface PoolInsides {
  destroy(connection: object): Promise<unknown>;
  readonly _availableObjects: readonly { readonly resource: object }[];
}

/** What Sequelize's connection manager does not declare in its types. */
export interface ManagerInsides {
  readonly config: ServerConfig & {
    readonly replication?: { readonly write: ServerConfig; readonly read: readonly ServerConfig[] } | false;
  };
  readonly pool: (PoolInsides | { readonly read: PoolInsides; readonly write: PoolInsides }) & {
    destroy(connection: object): unknown;
    destroyAllNow(): Promise<unknown>;
  };
  connect(config: ServerConfig): Promise<object>;
  disconnect(connection: object): Promise<unknown>;
  releaseConnection(connection: object): void;
  close(): Promise<unknown>;
  _validate(connection: object): boolean;
}

const poolsOf = (pool: ManagerInsides["pool"]): readonly PoolInsides[] =>
  "read" in pool ? [pool.read, pool.write] : [pool];

/**
 * Closes those connections that nobody uses now, all at once: the pool's `destroyAllNow` closes one after the other, and so
 * also what is in use again by then.
 */
export function closeIdle(pool: ManagerInsides["pool"], isReplaced: (connection: object) => boolean): void {
  for (const one of poolsOf(pool)) {
    const idle = one._availableObjects.map(({ resource }) => resource).filter(isReplaced);
    for (const connection of idle) one.destroy(connection).catch(() => undefined);
  }
}

const methods = ["connect", "disconnect", "releaseConnection", "close", "_validate"] as const;

function isInRange(version: string): boolean {
  const [installedMajor, minor = 0] = version.split(".").map(Number);
  return installedMajor === major && minor >= lowestMinor;
}

const isWhole = (manager: Partial<ManagerInsides> | undefined): manager is ManagerInsides =>
  methods.every((name) => typeof manager?.[name] === "function") &&
  typeof manager?.pool?.destroy === "function" &&
  typeof manager.pool.destroyAllNow === "function" &&
  poolsOf(manager.pool).every((pool) => Array.isArray(pool._availableObjects));

/** Errors: `driver-unsupported`. */
export function supportedManager(sequelize: Sequelize): ManagerInsides {
  const version: unknown = Reflect.get(sequelize.constructor, "version");
  const manager = Reflect.get(sequelize, "connectionManager") as Partial<ManagerInsides> | undefined;
  if (typeof version === "string" && isInRange(version) && isWhole(manager)) return manager;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "sequelize", found: typeof version === "string" ? version : "unknown", supported },
    hint: "npm install sequelize@6",
  });
}
