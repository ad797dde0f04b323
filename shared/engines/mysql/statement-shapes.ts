import { lockedShapes, readAccountsShape, settingsShape } from "../mysql-family/locked-shapes.ts";

const identify = ["SHOW GLOBAL VARIABLES LIKE …", "ALTER USER … IDENTIFIED WITH … AS …"] as const;
const discard = "ALTER USER … DISCARD OLD PASSWORD";
const locked = (work: readonly string[]): readonly string[] => lockedShapes(work, ["SET ROLE ALL"]);

/**
 * What each method of a session sends: `setPassword` by the user itself, the others by an admin, on a pair that is in step.
 * A test compares it with the server's own log.
 */
export const shapes: Readonly<Record<string, readonly string[]>> = {
  setPassword: locked(["SHOW CREATE USER CURRENT_USER()", "ALTER USER … IDENTIFIED BY …"]),
  syncPair: locked([
    readAccountsShape,
    "SELECT … FROM mysql.role_edges WHERE TO_USER IN (…)",
    "SHOW GRANTS FOR …",
    `${settingsShape} PASSWORD EXPIRE … PASSWORD HISTORY … PASSWORD REUSE INTERVAL … PASSWORD REQUIRE CURRENT … ATTRIBUTE …`,
    "ALTER USER … DEFAULT ROLE …",
    ...identify,
    discard,
  ]),
  keepBoth: locked([
    readAccountsShape,
    "SHOW GLOBAL VARIABLES LIKE …",
    "ALTER USER … IDENTIFIED WITH … RETAIN CURRENT PASSWORD",
  ]),
  keepOnly: locked([readAccountsShape, ...identify, discard]),
};
