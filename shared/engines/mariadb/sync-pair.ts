import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential, UserPair } from "../../rotation/ports.ts";
import {
  type Account,
  type AccountRow,
  amount,
  onlyAccount,
  quoteAccount,
  quoteName,
  readAccounts,
  settingsOf,
} from "../mysql-family/account.ts";
import { checkPair } from "../mysql-family/check-pair.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import { type Grants, grantChanges, parseGrants } from "./grants.ts";
import { identifiedVia, identify } from "./set-password.ts";

type Row = AccountRow & { readonly defaultRole: string; readonly statementTime: number; readonly isLocked: number };

const more = `, default_role AS defaultRole, max_statement_time AS statementTime,
            (SELECT COALESCE(JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true'), 0) FROM mysql.global_priv AS held
              WHERE held.User = mysql.user.User AND held.Host = mysql.user.Host) AS isLocked`;

/** A role without rights that marks the alternate user: MariaDB keeps no comment on an account. */
export const markOf = (first: string): string => `rekey alternate of ${first}`;

export async function readGrants(connection: Connection, account: Account, call: CallOptions): Promise<Grants> {
  const rows = await connection.run<Record<string, string>>(
    "read grants",
    `SHOW GRANTS FOR ${quoteAccount(account)}`,
    call,
  );
  return parseGrants(rows.flatMap((row) => Object.values(row)));
}

/** The table or routine was dropped and its grants stayed behind: there is nothing to give a right on. */
const isGone = (error: unknown): boolean => [1146, 1305].includes(errorNumber(error) ?? 0);

const without = ({ objects, roles }: Grants, mark: string): Grants => ({
  objects,
  roles: new Map([...roles].filter(([role]) => role !== mark)),
});

/**
 * Makes the alternate user where it is missing, brings it in step with the first and gives `next` its password.
 *
 * A user cannot be granted to another on MariaDB, so the alternate's own rights are made the same as the first's by their
 * difference: what was revoked from the first is revoked from the alternate too. Each statement commits by itself: the
 * marking role is made first, and the account comes locked: a locked account without rights is one whose making was
 * interrupted, and nobody else's in use.
 */
export async function syncPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const mark = markOf(pair.first);
  const rows = await readAccounts<Row>(connection, [pair.first, pair.alternate, mark], more, call);
  const first = onlyAccount(rows, pair.first);
  const found = onlyAccount(rows, pair.alternate);
  const markExists = rows.some(({ user, host }) => user === mark && host === "");
  const held = found === undefined ? parseGrants([]) : await readGrants(connection, found, call);
  const isMarked = held.roles.has(quoteName(mark));
  const isEmpty = held.objects.size === 0 && held.roles.size === (isMarked ? 1 : 0);
  const isHalfMade = markExists && isEmpty && found?.isLocked === 1;
  const known = checkPair(pair, { first, alternate: found, isOurs: isMarked || isHalfMade, next: next.username });
  const wanted = await readGrants(connection, known, call);
  if (wanted.roles.has(quoteName(mark))) throw new RekeyError("internal-fault", { context: { name: "mark of first" } });

  const run = async (operation: string, sql: string): Promise<void> => {
    await connection.run(operation, sql, call);
  };
  const account = { user: pair.alternate, host: known.host };
  const name = quoteAccount(account);
  if (!markExists) await run("make marking role", `CREATE ROLE ${quoteName(mark)}`);
  const settings = `${settingsOf(known)} MAX_STATEMENT_TIME ${amount(known.statementTime)}`;
  if (found === undefined) {
    await run(
      "make alternate user",
      `CREATE USER ${name} ${identifiedVia(known.plugin, [next])} ${settings} ACCOUNT LOCK`,
    );
  } else {
    await run("copy settings", `ALTER USER ${name} ${settings}`);
  }
  if (!isMarked) await run("mark alternate user", `GRANT ${quoteName(mark)} TO ${name}`);
  if (found === undefined || isHalfMade) await run("unlock alternate user", `ALTER USER ${name} ACCOUNT UNLOCK`);
  for (const statement of grantChanges(wanted, without(held, quoteName(mark)), name)) {
    await run("copy grants", statement).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }
  if ((found?.defaultRole ?? "") !== known.defaultRole) {
    const role = known.defaultRole === "" ? "NONE" : quoteName(known.defaultRole);
    await run("set default role", `SET DEFAULT ROLE ${role} FOR ${name}`);
  }
  const changed = next.username === pair.first ? known : (found ?? { ...account, plugin: known.plugin });
  await identify(connection, { account: changed, plugin: changed.plugin, mayChangeItself: false }, [next], call);
}
