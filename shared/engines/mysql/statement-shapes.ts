import { lockedShapes, readAccountsShape, settingsShape } from "../mysql-family/locked-shapes.ts";

const identify = ["SHOW GLOBAL VARIABLES LIKE …", "ALTER USER … IDENTIFIED WITH … AS …"] as const;
const discard = "ALTER USER … DISCARD OLD PASSWORD";

/**
 * What each method of a session sends: `setPassword` by the user itself, the others by an admin, on a pair that exists.
 * A test compares it with the server's own log.
 */
export const shapes: Readonly<Record<string, readonly string[]>> = {
  setPassword: lockedShapes(["SHOW CREATE USER CURRENT_USER()", ...identify, "ALTER USER … IDENTIFIED BY …"]),
  syncPair: lockedShapes([
    readAccountsShape,
    `${settingsShape} ATTRIBUTE …`,
    "GRANT … TO …",
    "ALTER USER … DEFAULT ROLE …",
    ...identify,
    discard,
  ]),
  keepBoth: lockedShapes([readAccountsShape, ...identify, "ALTER USER … IDENTIFIED WITH … RETAIN CURRENT PASSWORD"]),
  keepOnly: lockedShapes([readAccountsShape, ...identify, discard]),
};
