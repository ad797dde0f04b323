/** Rights on one object, or on everything, as `SHOW GRANTS` lists them. */
export interface ObjectGrant {
  /** As it stands behind ON: `*.*`, `` `db`.`table` ``, ``PROCEDURE `db`.`name` `` … */
  readonly on: string;
  /** One entry for each right, and for each column where it is given by column; `GRANT OPTION` is one of them. */
  readonly rights: ReadonlySet<string>;
}

export interface Grants {
  readonly objects: ReadonlyMap<string, ObjectGrant>;
  /** Whether the account may grant the role on, by the role's quoted name. */
  readonly roles: ReadonlyMap<string, boolean>;
  /** What MySQL's partial revokes take from global rights, by object. */
  readonly revoked: ReadonlyMap<string, ReadonlySet<string>>;
}

const name = "`(?:[^`]|``)*`";
const object = `(?:[A-Z ]+ )?(?:\\*|${name})(?:\\.(?:\\*|${name})|@${name})`;
const onObject = new RegExp(`^GRANT ((?:${name}|[^\`])+?) ON (${object}) TO ${name}(?:@${name})?(.*)$`, "s");
const ofRole = new RegExp(
  `^GRANT (${name}(?:@${name})?(?:, ?${name}@${name})*) TO ${name}(?:@${name})?( WITH ADMIN OPTION)?$`,
);
const oneRole = new RegExp(`${name}(?:@${name})?`, "g");
const revocation = new RegExp(`^REVOKE (.+?) ON (${object}) FROM `);
const right = new RegExp(`([A-Z][A-Z_ ]*[A-Z])(?: \\(((?:${name}|[^\`)])+)\\))?`, "g");
const quoted = /'(?:[^']|'')*'/g;

/** ``SELECT, INSERT (`a`, `b`)`` as ``SELECT``, ``INSERT (`a`)``, ``INSERT (`b`)``. */
function rightsOf(list: string): readonly string[] {
  return [...list.matchAll(right)].flatMap(([, verb = "", columns]) =>
    columns === undefined
      ? [verb]
      : [...columns.matchAll(new RegExp(name, "g"))].map(([column]) => `${verb} (${column})`),
  );
}

/** Reads what `SHOW GRANTS FOR` one account says; its password and limits are left out. */
export function parseGrants(lines: readonly string[]): Grants {
  const objects = new Map<string, ObjectGrant>();
  const roles = new Map<string, boolean>();
  const revoked = new Map<string, ReadonlySet<string>>();
  for (const line of lines) {
    const [, named = "", adminOption] = ofRole.exec(line) ?? [];
    for (const [role] of named.matchAll(oneRole)) roles.set(role, adminOption !== undefined);
    const [, taken = "", from] = revocation.exec(line) ?? [];
    if (from !== undefined) revoked.set(from, new Set(rightsOf(taken)));
    const [, list = "", on, tail = ""] = onObject.exec(line) ?? [];
    if (on === undefined) continue;
    const mayGrant = tail.replaceAll(quoted, "").includes("WITH GRANT OPTION");
    const rights = new Set(rightsOf(list).filter((each) => each !== "USAGE"));
    if (mayGrant) rights.add("GRANT OPTION");
    // MySQL lists the rights that its components add in a line of their own.
    const known = objects.get(on)?.rights ?? [];
    if (rights.size > 0) objects.set(on, { on, rights: new Set([...known, ...rights]) });
  }
  return { objects, roles, revoked };
}

const everything = "ALL PRIVILEGES";

/** `` `my\_db`.* `` is a pattern for databases: `%` and `_` stand for others, where no backslash is before them. */
function isOfDatabase(pattern: string, database: string): boolean {
  const source = pattern
    .replaceAll(/\\?[^]/g, (one) =>
      one.length > 1 ? one.slice(1) : one === "%" ? "\u0001" : one === "_" ? "\u0002" : one,
    )
    .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("\u0001", ".*")
    .replaceAll("\u0002", ".");
  return new RegExp(`^${source}$`, "su").test(database);
}

/** Whether rights on `held` hold for `on` too: the same object, its database, or everything. */
function includes(held: string, on: string): boolean {
  if (held === on || held === "*.*") return true;
  const [database] = new RegExp(`${name}(?=\\.)`).exec(on) ?? [];
  return database !== undefined && held.endsWith(".*") && isOfDatabase(held.slice(1, -3), database.slice(1, -1));
}

/** Whether these grants give the right, such as `SELECT` or ``SELECT (`column`)``, on an object. */
export function covers({ objects, revoked }: Grants, right: string, on: string): boolean {
  const [whole = right] = right.split(" (");
  const isOne = (rights: ReadonlySet<string>): boolean =>
    rights.has(right) || rights.has(whole) || (rights.has(everything) && whole !== "GRANT OPTION");
  const isTaken = [...revoked].some(([from, rights]) => includes(from, on) && isOne(rights));
  return [...objects.values()].some(
    ({ on: held, rights }) => includes(held, on) && isOne(rights) && !(held === "*.*" && isTaken),
  );
}

/** What `giver` lacks to give and take these rights; empty when it may. */
export function notGivable(wanted: Grants, held: Grants, giver: Grants): readonly string[] {
  const none: ReadonlySet<string> = new Set();
  const ons = new Set([...wanted.objects.keys(), ...held.objects.keys()]);
  const objects = [...ons].flatMap((on) => {
    const [want, have] = [wanted.objects.get(on)?.rights ?? none, held.objects.get(on)?.rights ?? none];
    const differing = [...want, ...have].filter((each) => want.has(each) !== have.has(each));
    const needed = differing.length === 0 ? [] : [...differing, "GRANT OPTION"];
    return needed.filter((each) => !covers(giver, each, on)).map((each) => `${each} ON ${on}`);
  });
  const roles = [...new Set([...wanted.roles.keys(), ...held.roles.keys()])].filter(
    (role) => wanted.roles.get(role) !== held.roles.get(role) && giver.roles.get(role) !== true,
  );
  return [...new Set([...objects, ...roles.map((role) => `${role} WITH ADMIN OPTION`)])];
}

function changesOn(on: string, wanted: ReadonlySet<string>, held: ReadonlySet<string>, account: string) {
  const surplus = [...held].filter((each) => !wanted.has(each));
  const missing = [...wanted].some((each) => !held.has(each));
  // Whoever holds everything would lose by a REVOKE after the GRANT what it must have, so the REVOKE comes first then.
  const within = wanted.has(everything) ? surplus.filter((each) => each === "GRANT OPTION") : surplus;
  const granted = [...wanted].filter((each) => each !== "GRANT OPTION");
  const option = wanted.has("GRANT OPTION") ? " WITH GRANT OPTION" : "";
  return {
    revoke: within.length === 0 ? [] : [`REVOKE ${within.join(", ")} ON ${on} FROM ${account}`],
    grant: missing ? [`GRANT ${granted.join(", ") || "USAGE"} ON ${on} TO ${account}${option}`] : [],
  };
}

/** The statements that make `held`, the rights of `account`, the same as `wanted`; none when they are. */
export function grantChanges(wanted: Grants, held: Grants, account: string): readonly string[] {
  const none: ReadonlySet<string> = new Set();
  const objects = [...new Set([...held.objects.keys(), ...wanted.objects.keys()])].map((on) =>
    changesOn(on, wanted.objects.get(on)?.rights ?? none, held.objects.get(on)?.rights ?? none, account),
  );
  const roles = [...new Set([...held.roles.keys(), ...wanted.roles.keys()])].flatMap((role) => {
    const [want, have] = [wanted.roles.get(role), held.roles.get(role)];
    if (want === have) return [];
    if (want === undefined) return [`REVOKE ${role} FROM ${account}`];
    if (want) return [`GRANT ${role} TO ${account} WITH ADMIN OPTION`];
    return [have === undefined ? `GRANT ${role} TO ${account}` : `REVOKE ADMIN OPTION FOR ${role} FROM ${account}`];
  });
  return [...objects.flatMap(({ revoke }) => revoke), ...objects.flatMap(({ grant }) => grant), ...roles];
}
