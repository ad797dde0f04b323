import type { CallOptions } from "../../ports/call.ts";
import { quoteName } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { mayAdminister, readRights, type Rights } from "../mysql-family/rights.ts";
import { parsedJson } from "./account.ts";
import { type Facts, product } from "./product.ts";

/**
 * The session's rights. One role is in force at a time, and none at login unless it is the default: an admin whose rights
 * come by a role takes on the first that has them.
 */
export async function rightsInForce(
  connection: Connection,
  { roles }: Facts,
  isAdmin: boolean,
  call: CallOptions,
): Promise<Rights> {
  const usual = await readRights(connection, product, call);
  const others = parsedJson(roles ?? null);
  if (!isAdmin || mayAdminister(usual) || !Array.isArray(others)) return usual;
  for (const role of others) {
    await connection.run("take on role", `SET ROLE ${quoteName(String(role))}`, call);
    const rights = await readRights(connection, product, call);
    if (mayAdminister(rights)) return rights;
  }
  return usual;
}
