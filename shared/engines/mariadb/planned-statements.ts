import { plannedUnderLock, plannedRead, plannedSettings } from "../mysql-family/planned-statements.ts";

const setStoredPassword = "ALTER USER … IDENTIFIED VIA …";
const ownPassword = ["SHOW CREATE USER CURRENT_USER()", "SET PASSWORD = …"];

/**
 * What each method of a session sends: `setPassword` by the user itself, the others by an admin, on a pair that is in
 * step. A test compares it with the server's own log.
 */
export const plannedStatements: Readonly<Record<string, readonly string[]>> = {
  setPassword: plannedUnderLock(ownPassword),
  syncPair: plannedUnderLock([
    plannedRead,
    "SHOW GRANTS FOR …",
    `${plannedSettings} PASSWORD EXPIRE …`,
    setStoredPassword,
  ]),
  keepBoth: plannedUnderLock([plannedRead, `${setStoredPassword} OR …`]),
  keepOnly: plannedUnderLock([plannedRead, setStoredPassword]),
};
