import { escapeLiteral } from "pg";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import type { Connection } from "../postgres/connection.ts";
import { transaction } from "../postgres/transaction.ts";
import { markGroup } from "./pair-state.ts";
import { defined } from "../../secrets/defined.ts";

interface UserRow {
  readonly name: string;
  readonly superuser: boolean;
  readonly self: boolean;
  readonly mysuper: boolean;
  readonly expires: unknown;
}

/** Nothing but the server's own names are looked up. */
export const looking = ["BEGIN", "SET LOCAL search_path = pg_catalog"];

const none: ReadonlyMap<string, UserFacts> = new Map();

/** `infinity`, in whatever form it comes, is no date. */
function dateOf(value: unknown): Date | undefined {
  const date = value instanceof Date ? value : typeof value === "string" ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * What any session may read; what it may not is left out, a user too of which it cannot tell whether it may change it.
 * A superuser changes every user, a user itself, and the system privilege ALTER USER everyone but superusers.
 */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const ask = async <Row extends object>(operation: string, sql: string): Promise<readonly Row[] | undefined> => {
    try {
      return await transaction(connection, looking, call, async () => connection.run<Row>(operation, sql, call));
    } catch (error) {
      if (isRekeyError(error, "database-rights-missing") || isRekeyError(error, "database-failed")) return undefined;
      throw error;
    }
  };
  const [server] = (await ask<{ version: string }>("inspect the version", "SELECT version() AS version")) ?? [];
  const [mode] =
    (await ask<{ default_transaction_read_only: string }>("inspect the mode", "SHOW default_transaction_read_only")) ??
    [];
  const version = /Redshift [\d.]+/.exec(server?.version ?? "")?.[0];
  const [first = ""] = usernames;
  const readUsers = async (): Promise<ReadonlyMap<string, UserFacts>> => {
    const rows = await ask<UserRow>(
      "inspect the users",
      `SELECT u.usename AS name, u.usesuper AS superuser, u.usename = me.usename AS self, me.usesuper AS mysuper,
              u.valuntil AS expires
         FROM pg_user u, pg_user me
        WHERE me.usename = current_user AND u.usename IN (${usernames.map(escapeLiteral).join(", ")})`,
    );
    const marked = await ask<{ name: string }>(
      "inspect the mark",
      `SELECT u.usename AS name FROM pg_user u, pg_group g
        WHERE u.usesysid = ANY (g.grolist) AND g.groname = ${escapeLiteral(markGroup(first))}`,
    );
    if (rows === undefined || marked === undefined) return none;
    const isPlain = rows.some(({ self, mysuper }) => !self && !mysuper);
    const rights = isPlain
      ? await ask(
          "inspect the rights",
          `SELECT privilege_type AS name FROM svv_system_privileges
            WHERE privilege_type = 'ALTER USER' AND (identity_name = current_user
               OR identity_name IN (SELECT role_name FROM svv_user_grants WHERE user_name = current_user))`,
        )
      : [];
    return new Map(
      rows
        .filter(({ self, mysuper, superuser }) => self || mysuper || superuser || rights !== undefined)
        .map(({ name, self, mysuper, superuser, expires }) => {
          const mayBeChanged = self || mysuper || (!superuser && (rights ?? []).length > 0);
          const expiresAt = dateOf(expires);
          const isOurAlternate = marked.some((mark) => mark.name === name);
          return [name, { mayBeChanged, isOurAlternate, ...defined({ expiresAt }) }];
        }),
    );
  };
  return {
    version: version ?? server?.version.split(" on ")[0] ?? "unknown",
    isSupported: version !== undefined,
    isReadOnly: mode?.default_transaction_read_only === "on",
    users: await readUsers(),
  };
}
