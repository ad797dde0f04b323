import type { Sequelize } from "sequelize";
import { RekeyError } from "../../../errors/rekey-error.ts";

/** The range whose connection manager has what rekey uses; the same range is the package's peer. */
const supported = "6.37.0 to 6.x";
const [major, lowestMinor] = [6, 37];

/** Of a server that Sequelize connects to: the only one, the writer, or a replica. */
export interface ServerConfig {
  readonly dialectOptions?: Readonly<Record<string, unknown>>;
}

/** What Sequelize's connection manager does not declare in its types. */
export interface ManagerInsides {
  readonly config: ServerConfig & {
    readonly replication?: { readonly write: ServerConfig; readonly read: readonly ServerConfig[] } | false;
  };
  readonly pool: {
    destroy(connection: object): unknown;
    /** Those that are idle. */
    destroyAllNow(): Promise<unknown>;
  };
  connect(config: ServerConfig): Promise<object>;
  disconnect(connection: object): Promise<unknown>;
  releaseConnection(connection: object): void;
  close(): Promise<unknown>;
  _validate(connection: object): boolean;
}

const methods = ["connect", "disconnect", "releaseConnection", "close", "_validate"] as const;

function isInRange(version: string): boolean {
  const [installedMajor, minor = 0] = version.split(".").map(Number);
  return installedMajor === major && minor >= lowestMinor;
}

const isWhole = (manager: Partial<ManagerInsides> | undefined): manager is ManagerInsides =>
  methods.every((name) => typeof manager?.[name] === "function") &&
  typeof manager?.pool?.destroy === "function" &&
  typeof manager.pool.destroyAllNow === "function";

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
