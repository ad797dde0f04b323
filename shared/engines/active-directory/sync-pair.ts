import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { alternateUserTag, strategyTag } from "../../tags/tag-names.ts";
import { checkPair, collision } from "../check-pair.ts";
import type { Connection, ValueChange } from "../ldap/connection.ts";
import type { Result } from "../ldap/guard-answers.ts";
import { copied, excluded, mark, markOf, requireCopyable, wholeUser } from "./account.ts";
import { findUser, textAt, textsAt, type User } from "./directory.ts";
import { isOfDomain, nameNextTo, parseName } from "./names.ts";
import { quoted, requireSame, type Session, unicodePwd } from "./set-password.ts";
import { codes, details, resultError } from "./translate-error.ts";

/** A change of one attribute of one entry. */
interface EntryChange {
  readonly dn: string;
  readonly attribute: string;
  readonly change: ValueChange;
}

/** A user that is to be made. */
interface Made {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly Buffer[]>>;
}

/** What brings a pair in step, in the order in which it is done. */
interface Plan {
  readonly made?: Made;
  readonly changes: readonly EntryChange[];
  /** Whose password is set at last. */
  readonly dn: string;
}

/** Two invocations of one step, and somebody who works on the users by hand. */
const mostRounds = 4;
const operation = "bring the pair in step";

const isSame = (one: readonly Buffer[], other: readonly Buffer[]): boolean => {
  const text = (values: readonly Buffer[]): string =>
    values
      .map((value) => value.toString("hex"))
      .toSorted()
      .join();
  return text(one) === text(other);
};
const valuesAt = ({ entry }: User, attribute: string): readonly Buffer[] => entry.get(attribute.toLowerCase()) ?? [];

/** The group whose number within the domain the user has as its primary one. */
async function primaryGroupOf(connection: Connection, user: User, call: CallOptions): Promise<string> {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(Number(textAt(user.entry, "primaryGroupID")) % 2 ** 32);
  const sid = Buffer.concat([user.sid.subarray(0, -4), number]).toString("hex");
  const dn = textAt(await connection.read(`<SID=${sid}>`, ["objectSid"], call), "dn");
  if (dn !== "") return dn;
  throw new RekeyError("account-unsupported", {
    context: { property: "primaryGroupID" },
    hint: "the session is not shown the user's primary group: make it Domain Users, or let the admin read it",
  });
}

/** The changes after which the alternate is in the first one's groups and in no other. */
async function groupChanges(
  { connection, directory }: Pick<Session, "connection" | "directory">,
  [first, alternate]: readonly [User, User],
  call: CallOptions,
): Promise<Record<"joined" | "left", readonly EntryChange[]>> {
  const [wanted, held] = [first, alternate].map(({ entry }) => new Set(textsAt(entry, "memberOf"))) as [
    Set<string>,
    Set<string>,
  ];
  if (!isSame(valuesAt(first, "primaryGroupID"), valuesAt(alternate, "primaryGroupID"))) {
    wanted.add(await primaryGroupOf(connection, first, call));
    held.add(await primaryGroupOf(connection, alternate, call));
  }
  const elsewhere = [...wanted].find((group) => !isOfDomain(group, directory.domain));
  if (elsewhere !== undefined) {
    throw new RekeyError("account-unsupported", {
      context: { property: "a group of another domain" },
      hint: `rekey changes the members of groups in the user's own domain alone: rotate with ${strategyTag}=single-user`,
    });
  }
  const change =
    (name: "add" | "delete") =>
    (group: string): EntryChange => ({
      dn: group,
      attribute: "member",
      change: { operation: name, values: [Buffer.from(alternate.dn)] },
    });
  return {
    joined: [...wanted].filter((group) => !held.has(group)).map(change("add")),
    left: [...held].filter((group) => !wanted.has(group)).map(change("delete")),
  };
}

const replacing = (dn: string, attribute: string, values: readonly Buffer[]): EntryChange => ({
  dn,
  attribute,
  change: { operation: "replace", values },
});

/** A new user next to the first one, with its properties and its password at once; it is in no group yet. */
function madeUser(pair: UserPair, first: User, next: Credential): Made {
  const name = parseName(pair.alternate);
  const dn = name.form === "distinguished name" ? undefined : nameNextTo(first.dn, name.account);
  if (name.form === "distinguished name" || dn === undefined) {
    throw new RekeyError("user-collision", {
      context: { first: pair.first, alternate: pair.alternate, problem: "the alternate user does not exist" },
      hint: `an alternate user that is named by a distinguished name is made by hand, named in ${alternateUserTag}, and granted; write username as orders@corp.example.com to have rekey make it`,
    });
  }
  const [, suffix] = /@([^@]+)$/.exec(textAt(first.entry, "userPrincipalName")) ?? [];
  const own: Record<string, string | undefined> = {
    objectClass: "user",
    sAMAccountName: name.account,
    userPrincipalName: suffix === undefined ? undefined : `${name.account}@${suffix}`,
    [mark]: pair.isGranted ? undefined : markOf(first),
  };
  const properties = copied.map((attribute) => [attribute, valuesAt(first, attribute)] as const);
  const texts = Object.entries(own).flatMap(([attribute, text]) =>
    text === undefined ? [] : [[attribute, [Buffer.from(text)]] as const],
  );
  const all = [...texts, ...properties.filter(([, values]) => values.length > 0)];
  return { dn, attributes: { ...Object.fromEntries(all), [unicodePwd]: [quoted(next.password)] } };
}

/** Reads both users and compares them. Errors: those of `syncPair` that come before anything is changed. */
async function planPair(session: Session, pair: UserPair, next: Credential, call: CallOptions): Promise<Plan> {
  const { connection, directory } = session;
  const read = async (username: string): Promise<User | undefined> =>
    findUser(connection, directory, username, call, wholeUser);
  const [first, alternate] = [await read(pair.first), await read(pair.alternate)];
  const checked = checkPair(pair, {
    first,
    alternate,
    isOurs: first !== undefined && alternate !== undefined && textAt(alternate.entry, mark) === markOf(first),
    next: next.username,
  });
  const problem = excluded(checked);
  if (problem !== undefined) throw collision(pair, problem);
  requireCopyable(checked, pair.first);
  const isOfPair = [checked, alternate].some((user) => user?.sid.toString("hex") === pair.own?.account);
  if (!isOfPair) requireSame(checked, pair.first, pair.own?.account);
  if (alternate === undefined) {
    const made = madeUser(pair, checked, next);
    return { dn: made.dn, made, changes: [] };
  }
  if (checked.sid.equals(alternate.sid)) throw collision(pair, "both names lead to one user");
  const { joined, left } = await groupChanges(session, [checked, alternate], call);
  const properties = [...copied, "primaryGroupID"]
    .filter((attribute) => !isSame(valuesAt(checked, attribute), valuesAt(alternate, attribute)))
    .map((attribute) => replacing(alternate.dn, attribute, valuesAt(checked, attribute)));
  const { dn } = next.username === pair.alternate ? alternate : checked;
  return { dn, changes: [...joined, ...properties, ...left] };
}

/** Another invocation, or a person, has done this very thing in between. */
const isOvertaken = ({ code, detail }: Result): boolean =>
  code === codes.entryExists ||
  code === codes.valueExists ||
  detail === details.userExists ||
  detail === details.notMember;

/** What the changes would be, without one. */
export async function rehearsePair(...planned: Parameters<typeof planPair>): Promise<void> {
  await planPair(...planned);
}

/**
 * Gives the alternate user the properties and groups of the first, then `next` its password. Each change is one request, and
 * those of a rotation that was cut off are made by the next attempt. Idempotent. Errors: those of the port.
 */
export async function syncPair(session: Session, pair: UserPair, next: Credential, call: CallOptions): Promise<void> {
  const { connection } = session;
  const isDone = (result: Result): boolean => {
    if (result.code === codes.success) return true;
    if (isOvertaken(result)) return false;
    throw resultError(result, operation);
  };
  for (let round = 1; round <= mostRounds; round++) {
    const { made, changes, dn: changed } = await planPair(session, pair, next, call);
    if (made !== undefined) {
      isDone(await connection.add(made.dn, made.attributes, call));
      continue;
    }
    let isInStep = true;
    for (const { dn, attribute, change } of changes) {
      isInStep = isDone(await connection.modify(dn, attribute, [change], call)) && isInStep;
    }
    if (!isInStep) continue;
    const change = { operation: "replace", values: [quoted(next.password)] } as const;
    if (isDone(await connection.modify(changed, unicodePwd, [change], call))) return;
  }
  throw new RekeyError("database-busy", { context: { first: pair.first, problem: "others change the pair" } });
}
