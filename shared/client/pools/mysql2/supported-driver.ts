import mysql from "mysql2";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { insides, type PoolInsides } from "./pool-insides.ts";

/** The first version whose pool has what rekey uses; the same range is the package's peer. */
const supported = "3.9.0 to 3.x";
const [major, lowestMinor] = [3, 9];

function isInRange(version: string): boolean {
  const [installedMajor, minor = 0] = version.split(".").map(Number);
  return installedMajor === major && minor >= lowestMinor;
}

/** A version to come may have other insides. It is refused when a pool is made, and not at the first rotation. */
const hasInsides = ({ _allConnections: all, _freeConnections: free }: Partial<PoolInsides>): boolean =>
  [all, free].every((queue) => typeof queue?.get === "function" && typeof queue.removeOne === "function") &&
  typeof Reflect.get(Object(Reflect.get(mysql, "PoolConnection")).prototype as object, "_realEnd") === "function";

/** Of a pool without settings: a service may tell servers another version than the driver's own. Errors: `driver-unsupported`. */
export function assertSupported(pool: mysql.Pool = mysql.createPool({})): void {
  const inside: Partial<PoolInsides> = insides(pool);
  const version = inside.config?.connectionConfig?.connectAttributes?.["_client_version"] ?? "unknown";
  if (isInRange(version) && hasInsides(inside)) return;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "mysql2", found: version, supported },
    hint: "npm install mysql2@3.24",
  });
}
