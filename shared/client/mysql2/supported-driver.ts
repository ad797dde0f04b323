import mysql from "mysql2";
import { RekeyError } from "../../errors/rekey-error.ts";
import { insides } from "./pool-insides.ts";

/** The first version whose pool has what rekey uses; the same range is the package's peer. */
const supported = "3.9.0 to 3.x";
const [major, lowestMinor] = [3, 9];

/** The version that the driver would tell a server; the service may tell another, so a pool without settings is asked. */
const installedVersion = (): string => {
  const { _client_version: version } = insides(mysql.createPool({})).config.connectionConfig.connectAttributes ?? {};
  return version ?? "unknown";
};

/** Errors: `driver-unsupported`. */
export function assertSupported(version: string = installedVersion()): void {
  const [installedMajor, minor = 0] = version.split(".").map(Number);
  if (installedMajor === major && minor >= lowestMinor) return;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "mysql2", found: version, supported },
    hint: "npm install mysql2@3",
  });
}
