import { plannedUnderLock, plannedRead, plannedSettings } from "../mysql-family/planned-statements.ts";

const setStoredPassword = ["SHOW GLOBAL VARIABLES LIKE …", "ALTER USER … IDENTIFIED WITH … AS …"] as const;
const discard = "ALTER USER … DISCARD OLD PASSWORD";
const locked = (work: readonly string[]): readonly string[] => plannedUnderLock(work, ["SET ROLE ALL"]);

/**
 * What each method of a session sends: `setPassword` by the user itself, the others by an admin, on a pair that is in step.
 * A test compares it with the server's own log.
 */
export const plannedStatements: Readonly<Record<string, readonly string[]>> = {
  setPassword: locked(["SHOW CREATE USER CURRENT_USER()", "ALTER USER … IDENTIFIED BY …"]),
  syncPair: locked([
    plannedRead,
    "SELECT … FROM mysql.role_edges WHERE TO_USER IN (…)",
    "SHOW GRANTS FOR …",
    `${plannedSettings} PASSWORD EXPIRE … PASSWORD HISTORY … PASSWORD REUSE INTERVAL … PASSWORD REQUIRE CURRENT … ATTRIBUTE …`,
    "ALTER USER … DEFAULT ROLE …",
    ...setStoredPassword,
    discard,
  ]),
  keepBoth: locked([
    plannedRead,
    "SHOW GLOBAL VARIABLES LIKE …",
    "ALTER USER … IDENTIFIED WITH … RETAIN CURRENT PASSWORD",
  ]),
  keepOnly: locked([plannedRead, ...setStoredPassword, discard]),
};
