import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, collision } from "../check-pair.ts";
import type { Connection } from "../postgres/connection.ts";
import { settingAssignment, settingName } from "../postgres/role-setting.ts";
import { md5Password } from "../postgres/password-hash.ts";
import { markGroup, ownRight, type PairState, readPair, type UserRow } from "./pair-state.ts";

const unsupported = (pair: UserPair, property: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("account-unsupported", {
    context: { first: pair.first, alternate: pair.alternate, property, problem },
    hint,
  });

function checkUsers(pair: UserPair, state: PairState, next: Credential): UserRow {
  const first = state.users.find(({ name }) => name === pair.first);
  const mark = markGroup(pair.first);
  if (first !== undefined && !/^(?:UNLIMITED|\d+)$/.test(first.connlimit))
    throw collision(pair, "the first user's connection limit is no number");
  return checkPair(pair, {
    first,
    alternate: state.users.find(({ name }) => name === pair.alternate),
    isOurs: state.groups.some(({ member, name }) => member === pair.alternate && name === mark),
    next: next.username,
    excludes: ({ superuser }) => (superuser ? "a superuser cannot be one of a pair" : undefined),
  });
}

/** What must be added to and taken from the alternate user, so that its memberships are the first one's. */
function difference(pair: UserPair, memberships: PairState["groups"], kept: string): readonly [string[], string[]] {
  const of = (user: string): string[] =>
    memberships.filter(({ member, name }) => member === user && name !== kept).map(({ name }) => name);
  const [wanted, present] = [of(pair.first), of(pair.alternate)];
  return [wanted.filter((name) => !present.includes(name)), present.filter((name) => !wanted.includes(name))];
}

/** What CREATE or ALTER USER must say so that the alternate is as the first; its `SET` stands in statements of its own. */
function attributeChanges(pair: UserPair, state: PairState, first: UserRow, alternate: UserRow | undefined): string[] {
  const usual = { connlimit: "UNLIMITED", createdb: false, validuntil: "infinity" };
  const present = alternate ?? usual;
  const propertiesOf = (user: string): { readonly syslog: string; readonly timeout: number } => {
    const found = state.properties.find(({ name }) => name === user);
    if ((found?.external ?? "") !== "")
      throw unsupported(pair, "EXTERNALID", `${user} logs in by an identity provider`);
    return { syslog: found?.syslog ?? "RESTRICTED", timeout: Number(found?.timeout ?? 0) };
  };
  const [wanted, given] = [propertiesOf(pair.first), propertiesOf(pair.alternate)];
  return [
    ...(first.connlimit === present.connlimit ? [] : [`CONNECTION LIMIT ${first.connlimit}`]),
    ...(first.createdb === present.createdb ? [] : [first.createdb ? "CREATEDB" : "NOCREATEDB"]),
    ...(first.validuntil === present.validuntil ? [] : [`VALID UNTIL ${escapeLiteral(first.validuntil)}`]),
    ...(wanted.syslog === given.syslog
      ? []
      : [`SYSLOG ACCESS ${wanted.syslog === "UNRESTRICTED" ? "UNRESTRICTED" : "RESTRICTED"}`]),
    ...(wanted.timeout === given.timeout || !Number.isInteger(wanted.timeout)
      ? []
      : [wanted.timeout === 0 ? "RESET SESSION TIMEOUT" : `SESSION TIMEOUT ${wanted.timeout}`]),
  ];
}

function settingStatements(pair: UserPair, first: UserRow, alternate: UserRow | undefined): readonly string[] {
  const alter = `ALTER USER ${escapeIdentifier(pair.alternate)}`;
  const [wanted, present] = [first.settings ?? [], alternate?.settings ?? []];
  const names = new Set(wanted.map(settingName));
  return [
    ...present
      .map(settingName)
      .filter((name) => !names.has(name))
      .map((name) => `${alter} RESET ${escapeIdentifier(name)}`),
    ...wanted
      .filter((setting) => !present.includes(setting))
      .map((setting) => `${alter} SET ${settingAssignment(setting)}`),
  ];
}

/**
 * Gives `next` its password, makes the alternate user where it is missing, and brings it in step with the first.
 *
 * Redshift has no membership between users and no SET ROLE. Copied grants would bring a revoked right back, or miss one,
 * until the next rotation. So the pair draws its rights from groups and roles alone: the alternate user is in exactly those
 * that the first is in, and whatever is granted to or revoked from a group or role holds for both at once. A pair of which
 * one owns something or was granted something by name is refused, since the other would lack it. The mark of the pair is
 * a group without rights: Redshift has no comments on users.
 */
export async function syncPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const state = await readPair(connection, pair, call);
  const first = checkUsers(pair, state, next);
  const own = await ownRight(connection, pair, call);
  if (own !== undefined) {
    throw unsupported(
      pair,
      own.property,
      `${own.member} has a right of its own on the ${own.kind} ${own.name}`,
      "on Redshift the rights of alternating users must come from groups or roles: GRANT to a group, REVOKE from the user, and let another user own the objects",
    );
  }
  const alternate = state.users.find(({ name }) => name === pair.alternate);
  const name = escapeIdentifier(pair.alternate);
  const mark = markGroup(pair.first);
  const [joined, left] = difference(pair, state.groups, mark);
  const [granted, revoked] = difference(pair, state.roles, "");
  const isMarked = state.groups.some((group) => group.member === pair.alternate && group.name === mark);
  const statements = [
    `${alternate === undefined ? "CREATE" : "ALTER"} USER ${escapeIdentifier(next.username)} PASSWORD ${escapeLiteral(md5Password(next))}`,
    ...(state.markExists ? [] : [`CREATE GROUP ${escapeIdentifier(mark)}`]),
    ...(isMarked ? [] : [`ALTER GROUP ${escapeIdentifier(mark)} ADD USER ${name}`]),
    ...joined.map((group) => `ALTER GROUP ${escapeIdentifier(group)} ADD USER ${name}`),
    ...left.map((group) => `ALTER GROUP ${escapeIdentifier(group)} DROP USER ${name}`),
    ...granted.map((role) => `GRANT ROLE ${escapeIdentifier(role)} TO ${name}`),
    ...revoked.map((role) => `REVOKE ROLE ${escapeIdentifier(role)} FROM ${name}`),
    ...attributeChanges(pair, state, first, alternate).map((change) => `ALTER USER ${name} ${change}`),
    ...settingStatements(pair, first, alternate),
  ];
  await connection.run("bring the pair in step", statements.join("; "), call);
}
