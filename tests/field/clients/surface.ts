import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { fieldCase } from "../field-cases.ts";

/** What a user of the driver sees. It is compared as a whole, so it holds no port, time or process id. */
export type Observation = unknown;

/** One thing that the driver does: a member, an option, an event, or how some of them go together. */
export interface Row<Subject> {
  readonly name: string;
  /** Which members, options or events of the driver it tries, by the names under which they are enumerated. */
  readonly covers: readonly string[];
  run(subject: Subject): Promise<Observation>;
}

/** Rows that differ, by name, each with its reason. */
type Exceptions = Readonly<Record<string, string>>;

export interface Surface<Subject> {
  /** The driver's package, by which `docs/reference/pools.md` marks the table of what differs. */
  readonly name: string;
  /** The driver, and what imitates it. */
  readonly driver: () => Subject | Promise<Subject>;
  readonly ours: () => Subject | Promise<Subject>;
  readonly rows: readonly Row<Subject>[];
  /** Everything that the driver has, mechanically: each of it needs a row. */
  readonly members: readonly string[];
}

const docs = new URL("../../../docs/reference/pools.md", import.meta.url);

/** The rows of the table that `<!-- surface: pg -->` stands right before. */
function documentedExceptions(driver: string): Exceptions {
  const [, behind] = readFileSync(docs, "utf8").split(`<!-- surface: ${driver} -->\n`);
  if (behind === undefined) throw new Error(`docs/reference/pools.md has no table of ${driver}`);
  const lines = behind.trimStart().split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  const table = end === -1 ? lines : lines.slice(0, end);
  return Object.fromEntries(
    table.slice(2).map((line) => {
      const [, name = "", reason = ""] = line.split("|").map((cell) => cell.trim());
      return [name, reason];
    }),
  );
}

/** The names of own properties and of what the prototypes have up to, and without, `base`; without those that begin with `_`. */
export function membersOf(value: object, base: object): readonly string[] {
  const names = new Set<string>();
  for (let at = value; at !== base && at !== null; at = Object.getPrototypeOf(at) as object)
    for (const name of Object.getOwnPropertyNames(at)) if (!/^_|^constructor$/.test(name)) names.add(name);
  return [...names].sort();
}

/** The members of an interface in the text of a driver's types, those of what it extends in the same text included. */
export function optionsOf(text: string, name: string): readonly string[] {
  const [, extended, body] =
    new RegExp(`interface ${name}(?: extends (\\w+))? \\{\\n([\\s\\S]*?)\\n\\}`).exec(text) ?? [];
  if (body === undefined) throw new Error(`the types have no interface ${name}`);
  const own = [...body.matchAll(/^ {2,4}(\w+)\??:/gm)].map(([, member = ""]) => member);
  return [...(extended === undefined ? [] : optionsOf(text, extended)), ...own];
}

const kind = "a driver imitated incompletely";

/** Runs each row against both. A row is equal, or an exception that is documented; and an exception does differ. */
export function testSurface<Subject>(surface: Surface<Subject>): void {
  const { name: of, rows, members, driver, ours } = surface;
  const exceptions = documentedExceptions(of);
  afterAll(() => {
    const differs = Object.keys(exceptions).length;
    process.stdout.write(
      `surface of ${of}: ${members.length} members in ${rows.length} rows, ${differs} of which differ\n`,
    );
  });
  test("each member, option and event of the driver has a row, and each exception too", () => {
    const covered = new Set(rows.flatMap(({ covers }) => covers));
    expect(members.filter((member) => !covered.has(member))).toEqual([]);
    expect(Object.keys(exceptions).filter((name) => !rows.some((row) => row.name === name))).toEqual([]);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });
  const seen = async (run: Row<Subject>["run"]): Promise<readonly [Observation, Observation]> => [
    await run(await driver()),
    await run(await ours()),
  ];
  test.each(rows.filter(({ name }) => !(name in exceptions)))("$name: as the driver does", async ({ run }) =>
    fieldCase(kind, async () => {
      const [theirs, own] = await seen(run);
      expect(own).toEqual(theirs);
    })(),
  );
  test.each(rows.filter(({ name }) => name in exceptions))("$name: differs, as documented", async ({ run }) =>
    fieldCase(kind, async () => {
      const [theirs, own] = await seen(run);
      expect(own).not.toEqual(theirs);
    })(),
  );
}
