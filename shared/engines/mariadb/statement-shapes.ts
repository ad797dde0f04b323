import { lockedShapes, readAccountsShape, settingsShape } from "../mysql-family/locked-shapes.ts";

const identify = "ALTER USER … IDENTIFIED VIA …";
const ownPassword = ["SHOW CREATE USER CURRENT_USER()", "SET PASSWORD = …"];

/**
 * What each method of a session sends: `setPassword` by the user itself, the others by an admin, on a pair that is in
 * step. A test compares it with the server's own log.
 */
export const shapes: Readonly<Record<string, readonly string[]>> = {
  setPassword: lockedShapes(ownPassword),
  syncPair: lockedShapes([readAccountsShape, "SHOW GRANTS FOR …", `${settingsShape} PASSWORD EXPIRE …`, identify]),
  keepBoth: lockedShapes([readAccountsShape, `${identify} OR …`]),
  keepOnly: lockedShapes([readAccountsShape, identify]),
};
