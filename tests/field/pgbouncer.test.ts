import pg from "pg";
import { describe, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { Account, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { type PgBouncerOptions, pgbouncer } from "../support/pgbouncer.ts";
import { authQuery, type PooledPostgres, startPooledPostgres } from "../support/pooled-postgres.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldStage, refusedAs, rotated, startFieldStage } from "./field-stage.ts";

type Options = Omit<PgBouncerOptions, "serverPort">;

const fixture = postgresFixture("PostgreSQL behind PgBouncer", async () => {
  throw new Error("each case starts a server of its own");
});
const kind = "one number, several causes";
const longMs = 60_000;
const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const alternating: Variant = { strategy: "alternating-users", usesAdmin: true };
const byAdmin: Variant = { strategy: "single-user", usesAdmin: true };
const atTheEnd: Variant = { ...singleUser, tags: { "rekey:change-at": "finishSecret" } };
const account: Account = { username: "app", password: "first" };

printFieldCases();

interface Staged extends PooledPostgres, AsyncDisposable {
  readonly field: FieldStage;
  readonly app: pg.ClientConfig;
}

/** A stage whose secrets lead to the pooler. */
async function behind(options: Options): Promise<Staged> {
  const pooled = await startPooledPostgres(pgbouncer ?? "", options, { binaries: postgres15 });
  const field = await startFieldStage(fixture, pooled.server, strategiesOn);
  const { host, port } = pooled.pooler;
  return {
    ...pooled,
    field,
    app: { host, port, database: "postgres", user: account.username, password: account.password },
    async [Symbol.asyncDispose]() {
      await field.stop();
      await pooled.server.stop();
    },
  };
}

const verifierOf = async ({ postgres }: PooledPostgres, username = account.username): Promise<string> =>
  (
    await postgres.admin<{ secret: string }>("SELECT rolpassword AS secret FROM pg_authid WHERE rolname = $1", [
      username,
    ])
  )[0]?.secret ?? "";

const serverOf = ({ postgres }: PooledPostgres): string => `host=127.0.0.1 port=${postgres.port}`;

/** The same list with the app's secret in it, as an operator writes it who has made the account. */
const listed = async (staged: Staged, secret?: string): Promise<void> =>
  staged.pooler.reload({ users: { ...authQuery.users, app: secret ?? (await verifierOf(staged)) } });

describe.skipIf(pgbouncer === undefined || postgres15 === undefined)("behind PgBouncer", () => {
  describe.each(["transaction", "session"] as const)("that looks passwords up, in %s mode", (poolMode) => {
    test.each([
      ["single-user", singleUser],
      ["single-user with an admin", byAdmin],
      ["alternating-users", alternating],
      ["single-user at finishSecret", atTheEnd],
    ] as const)("%s rotates, twice", { timeout: longMs }, async (_name, variant) =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, poolMode });
        const { field, server } = staged;
        const seen = await field.rotate({ ...variant, account });
        expect(seen).toMatchObject(rotated);
        const { stage } = field;
        const before = { refused: await server.failedLogins(), connections: stage.proxy.connections };
        await stage.rotate(seen.secretId);
        const connections = stage.proxy.connections - before.connections;
        expect(await stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
        expect((await server.failedLogins()) - before.refused).toBe(0);
        // One more than without a pooler: it is asked whether it keeps the password.
        expect(connections).toBe(variant.strategy === "alternating-users" ? 4 : 3);
      })(),
    );

    test("a setSecret that is repeated in a new process finds out that it is done", { timeout: longMs }, async () =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, poolMode });
        const { stage } = staged.field;
        const { id } = await stage.newSecret(singleUser, account);
        stage.containers.warm = false;
        const codes: (string | undefined)[] = [];
        stage.beforeStep = async (request) => {
          if (request.step !== "testSecret") return;
          codes.push((await stage.step("setSecret", request.secretId, request.versionId)).code);
        };
        await stage.rotate(id);
        expect({ codes, logsIn: await stage.logsIn(id, "AWSCURRENT") }).toEqual({ codes: [undefined], logsIn: true });
        expect(stage.outcomes.every(({ code }) => code === undefined)).toBe(true);
      })(),
    );

    test("nothing of rekey's is left on the pooler's connections", { timeout: longMs }, async () =>
      fieldCase(kind, async () => {
        const settings = { ...authQuery.settings, default_pool_size: "1" };
        await using staged = await behind({ ...authQuery, settings, poolMode });
        const { field, postgres } = staged;
        const look = async (password: string): Promise<readonly unknown[]> => {
          const client = new pg.Client({ ...staged.app, password });
          await client.connect();
          const { rows } = await client.query<{ pid: number }>(
            `SELECT pg_backend_pid() AS pid, current_user AS who, current_setting('search_path') AS path,
                    current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement`,
          );
          await client.end();
          return rows;
        };
        const { id } = await field.stage.newSecret(singleUser, account);
        const before = await look(account.password);
        await field.stage.rotate(id);
        const { password } = JSON.parse((await field.stage.read(id, "AWSCURRENT")) ?? "{}") as Account;
        expect(await look(password)).toEqual(before);
        expect(await postgres.admin("SELECT FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
      })(),
    );
  });

  const poolMode = "transaction";
  /** Otherwise it answers for 15 s that it does not try the server again. */
  const retrying = { ...authQuery.settings, server_login_retry: "1" };

  describe("that has the password in its own list, nothing is changed", () => {
    const refused = refusedAs("pooler-keeps-password");

    test.each<[string, Variant, string | undefined, Options["settings"]?]>([
      ["single-user, as text", singleUser, account.password],
      ["single-user with an admin, as text", byAdmin, account.password],
      ["single-user at finishSecret, as text", atTheEnd, account.password],
      ["alternating-users, as text", alternating, account.password],
      ["single-user, as a SCRAM verifier", singleUser, undefined],
      ["single-user, with auth_type = md5", singleUser, account.password, { auth_type: "md5" }],
      ["single-user, with auth_type = trust", singleUser, account.password, { auth_type: "trust" }],
      ["single-user, with app among the stats_users", singleUser, account.password, { stats_users: "app" }],
    ])("%s", { timeout: longMs }, async (_name, variant, secret, more = {}) =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, settings: { ...authQuery.settings, ...more }, poolMode });
        let before = "";
        const situate = async (): Promise<void> => {
          await listed(staged, secret);
          before = await verifierOf(staged);
        };
        expect(await staged.field.rotate({ ...variant, account, situate })).toMatchObject(refused);
        expect(await verifierOf(staged)).toBe(before);
        expect(await verifierOf(staged, "app_clone")).toBe("");
      })(),
    );

    test("with any database by its name", { timeout: longMs }, async () =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, poolMode });
        const situate = async (): Promise<void> => {
          await staged.pooler.reload({ databases: { "*": serverOf(staged) } });
          await listed(staged, account.password);
        };
        expect(await staged.field.rotate({ ...singleUser, account, situate })).toMatchObject(refused);
      })(),
    );

    test("and the one in the list is older", { timeout: longMs }, async () =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, settings: retrying, poolMode });
        const situate = async (): Promise<void> => {
          await listed(staged, account.password);
          await staged.postgres.admin("ALTER ROLE app PASSWORD 'by hand'");
        };
        const seen = await staged.field.rotate({ ...singleUser, account, situate });
        expect(seen).toMatchObject({ ...refused, logsIn: false });
      })(),
    );
  });

  test("that takes any database by its name and looks passwords up, rotates", { timeout: longMs }, async () =>
    fieldCase(kind, async () => {
      await using staged = await behind({ ...authQuery, poolMode });
      await staged.pooler.reload({ databases: { "*": serverOf(staged) } });
      expect(await staged.field.rotate({ ...singleUser, account })).toMatchObject(rotated);
    })(),
  );

  test.each([
    ["single-user", singleUser],
    ["alternating-users", alternating],
  ] as const)(
    "that logs in to the server as another user: %s is refused by name",
    { timeout: longMs },
    async (_name, variant) =>
      fieldCase(kind, async () => {
        await using staged = await behind({ ...authQuery, poolMode });
        await staged.postgres.admin("CREATE ROLE other LOGIN PASSWORD 'o'");
        const situate = async (): Promise<void> => {
          await staged.pooler.reload({ databases: { postgres: `${serverOf(staged)} user=other password=o` } });
          await listed(staged, account.password);
        };
        expect(await staged.field.rotate({ ...variant, account, situate })).toMatchObject({
          foretold: expect.arrayContaining(["account-unsupported"]),
          codes: ["account-unsupported"],
          hints: [expect.stringContaining("another user")],
          logsIn: true,
        });
      })(),
  );

  test.each<[string, string, string, string, boolean]>([
    ["an expired user", "ALTER ROLE app VALID UNTIL '2001-01-01'", "credential-expired", "VALID UNTIL", false],
    ["a user at its connection limit", "ALTER ROLE app CONNECTION LIMIT 0", "database-busy", "CONNECTION LIMIT", false],
    [
      "a user without the right to connect",
      "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC; GRANT CONNECT ON DATABASE postgres TO pgbouncer",
      "credential-refused",
      "GRANT CONNECT",
      false,
    ],
  ])("%s of the server's is told from a wrong password", { timeout: longMs }, async (_what, sql, code, hint, logsIn) =>
    fieldCase(kind, async () => {
      await using staged = await behind({ ...authQuery, settings: retrying, poolMode });
      const situate = async (): Promise<void> => void (await staged.postgres.admin(sql));
      expect(await staged.field.rotate({ ...singleUser, account, situate })).toMatchObject({
        foretold: [code],
        codes: [code],
        hints: [expect.stringContaining(hint)],
        logsIn,
      });
    })(),
  );

  test("that is full: database-busy, and the rotation goes on once there is room", { timeout: longMs }, async () =>
    fieldCase(kind, async () => {
      const settings = { ...authQuery.settings, max_client_conn: "1" };
      await using staged = await behind({ ...authQuery, settings, poolMode });
      const { stage } = staged.field;
      const { id } = await stage.newSecret(singleUser, account);
      const holder = new pg.Client(staged.app);
      await holder.connect();
      await stage.begin(id);
      const failed = stage.outcomes.filter(({ code }) => code !== undefined);
      await holder.end();
      await stage.aws.retry();
      expect(failed).toMatchObject([{ code: "database-busy", hint: expect.stringContaining("max_client_conn") }]);
      expect(await stage.logsIn(id, "AWSCURRENT")).toBe(true);
    })(),
  );

  test("that requires TLS: an unencrypted login says so first, and spends no version", { timeout: longMs }, async () =>
    fieldCase(kind, async () => {
      const certificate = createAuthority("the pooler's").issue({ addresses: ["127.0.0.1"] });
      const settings = { ...authQuery.settings, client_tls_sslmode: "require" };
      await using staged = await behind({ ...authQuery, settings, poolMode, certificate });
      const { field } = staged;
      const seen = await field.rotate({ ...singleUser, account });
      expect(seen).toMatchObject({
        foretold: ["credential-refused"],
        codes: ["credential-refused"],
        hints: [expect.stringContaining("set ssl to true")],
      });
      const { stage } = field;
      const { id } = await stage.newSecret(singleUser, { username: "another", password: "first" });
      const value = (await stage.read(id, "AWSCURRENT")) ?? "";
      await stage.put(id, value.replace("first", "earlier"), "AWSPREVIOUS");
      const before = stage.proxy.connections;
      await stage.begin(id);
      expect(stage.proxy.connections - before).toBe(1);
    })(),
  );
});
