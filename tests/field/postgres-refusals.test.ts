import { readFile, writeFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { Account, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldStage, startFieldStage } from "./field-stage.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const kind = "one number, several causes";
const longMs = 60_000;

printFieldCases();

describe.each([
  ["PostgreSQL 15", postgres15 !== undefined, { binaries: postgres15 }],
  ["PostgreSQL 18", true, {}],
] as const)("%s", (name, isThere, options) => {
  describe.skipIf(!isThere)("where it is", () => {
    const authority = createAuthority("the server's own");
    let postgres: EmbeddedPostgres;
    let field: FieldStage;
    let rules: string;
    let usual: string;

    beforeAll(async () => {
      const certificate = authority.issue({ addresses: ["127.0.0.1"] });
      postgres = await startPostgres({ ...options, certificate, settings: { max_connections: "20" } });
      const fixture = postgresFixture(name, async () => postgres);
      field = await startFieldStage(fixture, await fixture.start(), strategiesOn);
      const [file] = await postgres.admin<{ hba_file: string }>("SHOW hba_file");
      rules = file?.hba_file ?? "";
      usual = await readFile(rules, "utf8");
      for (const made of ["CREATE DATABASE limited CONNECTION LIMIT 0", "CREATE DATABASE closed"]) {
        await postgres.admin(made);
      }
      await postgres.admin("ALTER DATABASE closed ALLOW_CONNECTIONS false");
      await postgres.admin("CREATE DATABASE private");
      await postgres.admin("REVOKE CONNECT ON DATABASE private FROM PUBLIC");
    });
    afterAll(async () => {
      await field.stop();
      await postgres.stop();
    });

    /** Puts a rule for one user before the usual ones. */
    async function rule(text: string): Promise<void> {
      await writeFile(rules, `${text}\n${usual}`);
      await postgres.admin("SELECT pg_reload_conf()");
      await expect.poll(async () => (await postgres.log()).split("received SIGHUP").length).toBeGreaterThan(reloads++);
    }
    let reloads = 1;

    interface Refusal {
      readonly what: string;
      readonly situate: (account: Account) => Promise<unknown>;
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly code: string;
      readonly hint: string;
    }
    const tls = { ssl: true, sslrootcert: authority.certificate };
    const refusals: readonly Refusal[] = [
      {
        what: "a server that takes this user with TLS alone",
        situate: async ({ username }) =>
          rule(`hostssl all ${username} all scram-sha-256\nhost all ${username} all reject`),
        code: "credential-refused",
        hint: "the connection was not encrypted",
      },
      {
        what: "a host rule, on a connection with TLS",
        situate: async ({ username }) => rule(`host all ${username} all reject`),
        fields: tls,
        code: "credential-refused",
        hint: "pg_hba.conf",
      },
      {
        what: "a user that the server knows by another method",
        situate: async ({ username }) => rule(`host all ${username} all ident`),
        code: "credential-refused",
        hint: "IAM, LDAP",
      },
      {
        what: "a user without LOGIN",
        situate: async ({ username }) => postgres.admin(`ALTER ROLE "${username}" NOLOGIN`),
        code: "credential-refused",
        hint: "LOGIN",
      },
      {
        what: "a database that the user may not connect to",
        situate: async () => undefined,
        fields: { dbname: "private" },
        code: "credential-refused",
        hint: "GRANT CONNECT",
      },
      {
        what: "a database that is not there",
        situate: async () => undefined,
        fields: { dbname: "nope" },
        code: "database-unknown",
        hint: "dbname",
      },
      {
        what: "a database that takes no connections",
        situate: async () => undefined,
        fields: { dbname: "closed" },
        code: "database-failed",
        hint: "ALLOW_CONNECTIONS",
      },
      {
        what: "a database at its limit",
        situate: async () => undefined,
        fields: { dbname: "limited" },
        code: "database-busy",
        hint: "CONNECTION LIMIT",
      },
      {
        what: "a user at its limit",
        situate: async ({ username }) => postgres.admin(`ALTER ROLE "${username}" CONNECTION LIMIT 0`),
        code: "database-busy",
        hint: "CONNECTION LIMIT",
      },
    ];

    /** Of a secret that has an earlier version to offer too. */
    async function loginsOfOneAttempt({ fields, situate }: Refusal): Promise<number> {
      const { stage } = field;
      const secret = await stage.newSecret(singleUser, fields === undefined ? {} : { fields });
      const value = (await stage.read(secret.id, "AWSCURRENT")) ?? "";
      await stage.put(secret.id, value.replace(secret.account.password, "earlier"), "AWSPREVIOUS");
      await situate(secret.account);
      const before = stage.proxy.connections;
      await stage.begin(secret.id);
      const logins = stage.proxy.connections - before;
      await stage.cancel(secret.id);
      return logins;
    }

    test.each(refusals)(
      "$what has an explanation of its own, and spends no version",
      { timeout: longMs },
      async (one) =>
        fieldCase(kind, async () => {
          const seen = await field.rotate({
            strategy: "single-user",
            ...(one.fields === undefined ? {} : { fields: one.fields }),
            situate: async (made) => void (await one.situate(made)),
          });
          expect(seen).toMatchObject({
            foretold: [one.code],
            codes: [one.code],
            hints: [expect.stringContaining(one.hint)],
          });
          // Its retries would be among the next case's.
          await field.stage.cancel(seen.secretId);
          await field.stage.cancel(seen.secretId);
          expect(await loginsOfOneAttempt(one)).toBe(1);
        })(),
    );

    test("a server that has kept its last connections for superusers says so", { timeout: longMs }, async () =>
      fieldCase(kind, async () => {
        await postgres.admin("CREATE ROLE holder LOGIN PASSWORD 'h'");
        const held: pg.Client[] = [];
        const { host, port } = postgres;
        const fill = async (): Promise<void> => {
          for (let count = 0; count < 20; count++) {
            const client = new pg.Client({ host, port, database: "postgres", user: "holder", password: "h" });
            client.on("error", () => undefined);
            if ((await client.connect().catch((error: unknown) => error)) instanceof Error) return;
            held.push(client);
          }
        };
        const seen = await field.rotate({ strategy: "single-user", situate: fill });
        for (const client of held) await client.end();
        expect(seen).toMatchObject({
          foretold: ["database-busy"],
          codes: ["database-busy"],
          hints: [expect.stringContaining("reserved for superusers")],
        });
      })(),
    );
  });
});
