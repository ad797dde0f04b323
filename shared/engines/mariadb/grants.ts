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
}

const name = "`(?:[^`]|``)*`";
const object = `(?:[A-Z ]+ )?(?:\\*|${name})(?:\\.(?:\\*|${name})|@${name})`;
const onObject = new RegExp(`^GRANT ((?:${name}|[^\`])+?) ON (${object}) TO ${name}@${name}(.*)$`, "s");
const ofRole = new RegExp(`^GRANT (${name}) TO ${name}@${name}( WITH ADMIN OPTION)?$`);
const right = new RegExp(`([A-Z][A-Z ]*[A-Z])(?: \\(((?:${name}|[^\`)])+)\\))?`, "g");
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
  for (const line of lines) {
    const [, role, adminOption] = ofRole.exec(line) ?? [];
    if (role !== undefined) roles.set(role, adminOption !== undefined);
    const [, list = "", on, tail = ""] = onObject.exec(line) ?? [];
    if (on === undefined) continue;
    const mayGrant = tail.replaceAll(quoted, "").includes("WITH GRANT OPTION");
    const rights = new Set(rightsOf(list).filter((each) => each !== "USAGE"));
    if (mayGrant) rights.add("GRANT OPTION");
    if (rights.size > 0) objects.set(on, { on, rights });
  }
  return { objects, roles };
}

const everything = "ALL PRIVILEGES";

function changesOn(on: string, wanted: ReadonlySet<string>, held: ReadonlySet<string>, account: string) {
  const surplus = [...held].filter((each) => !wanted.has(each));
  const missing = [...wanted].some((each) => !held.has(each));
  // Whoever holds everything would lose what it shall have by a REVOKE after the GRANT, so the REVOKE comes first then.
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
