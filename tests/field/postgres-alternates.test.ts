import { describe, expect, test } from "vitest";
import { fieldCase, type Kind, printFieldCases } from "./field-cases.ts";
import { duringTests, refusedAs, rotated, type Seen } from "./field-stage.ts";
import { onEachPostgres, startPostgresStage } from "./postgres-stage.ts";

printFieldCases();

const rewritten: Kind = "an account rewritten";

onEachPostgres((binaries) => {
  const at = duringTests(async () => startPostgresStage(binaries));

  describe("an alternate that was there before", () => {
    let count = 0;
    /** Grants the alternate to the secret, after these statements have made it. */
    const existing = async (...statements: readonly string[]): Promise<Seen & { readonly clone: string }> => {
      const username = `existing_${++count}`;
      const clone = `${username}_other`;
      const made = [
        `CREATE ROLE ${clone} LOGIN PASSWORD 'p'`,
        ...statements.map((one) => one.replaceAll("<clone>", clone)),
      ];
      const seen = await at.bySuperuser.rotate({
        strategy: "alternating-users",
        situate: at.given(...made),
        account: { username },
        tags: { "rekey:alternate-user": clone },
      });
      return { ...seen, clone };
    };

    test.each([
      ["membership", ["CREATE ROLE <clone>_g; GRANT <clone>_g TO <clone>"]],
      [
        "membership",
        ["CREATE ROLE <clone>_g; GRANT <clone>_g TO <user>; GRANT <clone>_g TO <clone> WITH ADMIN OPTION"],
      ],
      ["membership", ["GRANT <user> TO <clone> WITH ADMIN OPTION"]],
      ["membership", ["GRANT <clone> TO <user>"]],
      ["ownership", ["CREATE SCHEMA AUTHORIZATION <clone>"]],
      ["ownership", ["CREATE DATABASE <clone> OWNER <clone>"]],
      ["NOLOGIN", ["ALTER ROLE <clone> NOLOGIN"]],
      ["role", ["ALTER ROLE <user> SET role = <clone>; GRANT <clone> TO <user>"]],
    ])("and has a %s of its own is refused by that name (%j)", async (property, statements) =>
      fieldCase(rewritten, async () => {
        const printed = at.bySuperuser.stage.containers.printed.length;
        const seen = await existing(...statements);
        expect(seen).toMatchObject(refusedAs("account-unsupported"));
        const told = at.bySuperuser.stage.containers.printed.slice(printed).join("\n");
        expect(told).toContain(property === "role" ? "membership" : property);
        expect(await at.bySuperuser.stage.server.accepts({ username: seen.clone, password: "p" })).toBe(
          property !== "NOLOGIN",
        );
      })(),
    );

    test(
      "and differs in attributes, settings and expiry is brought in line",
      fieldCase(rewritten, async () => {
        const seen = await existing(
          "ALTER ROLE <clone> CREATEDB CREATEROLE BYPASSRLS NOINHERIT CONNECTION LIMIT 3 VALID UNTIL '2001-01-01'",
          "ALTER ROLE <clone> SET work_mem = '1MB'; ALTER ROLE <clone> SET log_statement = 'all'",
          "ALTER ROLE <clone> IN DATABASE template1 SET search_path = a; ALTER ROLE <user> SET work_mem = '2MB'",
        );
        expect(seen).toMatchObject(rotated);
        const [role] = await at.postgres.admin("SELECT * FROM pg_roles WHERE rolname = $1", [seen.clone]);
        expect(role).toMatchObject({
          rolcreatedb: false,
          rolcreaterole: false,
          rolbypassrls: false,
          rolinherit: true,
          rolconnlimit: -1,
          rolvaliduntil: Infinity,
          rolconfig: expect.toSatisfy(
            (all: string[]) => all.toSorted().join() === `role=${seen.account.username},work_mem=2MB`,
          ),
        });
      }),
    );

    test(
      "and has the first user's group as the first has it stays in it",
      fieldCase(rewritten, async () => {
        const both =
          "CREATE ROLE <clone>_g; GRANT <clone>_g TO <user>; GRANT <clone>_g TO <clone>; GRANT <user> TO <clone>";
        expect(await existing(both)).toMatchObject(rotated);
      }),
    );
  });
});
