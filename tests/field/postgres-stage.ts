import pg from "pg";
import { describe } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";
import { type FieldStage, startFieldStage } from "./field-stage.ts";

/** A server, and rotations on it with a superuser as the admin, and with an admin that has no more than CREATEROLE. */
export interface PostgresStage {
  readonly postgres: EmbeddedPostgres;
  readonly version: number;
  readonly bySuperuser: FieldStage;
  readonly byRotator: FieldStage;
  /** Rotations by way of another server that has the same users, with the superuser as the admin. */
  at(port: number): Promise<FieldStage>;
  /** Runs statements for an account, written in them as `<user>` and `<password>`; a function that can be `situate`. */
  given(...statements: readonly string[]): (account: Account) => Promise<void>;
  /** Runs statements one after the other, each in a message of its own, and returns the last one's rows. */
  as(account: Account, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** The account of AWSCURRENT. */
  current(secretId: string, stage?: FieldStage): Promise<Account>;
  hashOf(username: string): Promise<string>;
  stop(): Promise<void>;
}

const rotator: Account = { username: "rotator", password: "of the rotator" };

export async function startPostgresStage(binaries?: typeof postgres15): Promise<PostgresStage> {
  const postgres = await startPostgres({ binaries });
  await postgres.admin(`CREATE ROLE rotator LOGIN CREATEROLE PASSWORD '${rotator.password}'`);
  await postgres.admin("GRANT CREATE ON SCHEMA public TO PUBLIC");
  const fixture = postgresFixture("PostgreSQL", async () => postgres);
  const server = await fixture.start();
  const bySuperuser = await startFieldStage(fixture, server, strategiesOn);
  const byRotator = await startFieldStage(fixture, { ...server, admin: rotator }, strategiesOn);
  const [row] = await postgres.admin<{ version: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS version",
  );
  return {
    postgres,
    version: row?.version ?? 0,
    bySuperuser,
    byRotator,
    at: async (port) => startFieldStage(fixture, { ...server, port }, strategiesOn),
    given:
      (...statements) =>
      async ({ username, password }) => {
        for (const one of statements)
          await postgres.admin(one.replaceAll("<user>", username).replaceAll("<password>", password));
      },
    async as({ username, password }, ...statements) {
      const { host, port } = postgres;
      const client = new pg.Client({ host, port, user: username, password, database: "postgres" });
      await client.connect();
      try {
        let rows: readonly Record<string, unknown>[] = [];
        for (const sql of statements) ({ rows } = await client.query<Record<string, unknown>>(sql));
        return rows;
      } finally {
        await client.end();
      }
    },
    async current(secretId, { stage } = bySuperuser) {
      const value = new SecretValue((await stage.read(secretId, "AWSCURRENT")) ?? "{}");
      const { username, password } = parseDatabaseSecret(value);
      return { username, password: password.reveal() };
    },
    async hashOf(username) {
      const [hash] = await postgres.admin<{ hash: string }>(
        `SELECT left(rolpassword, 3) AS hash FROM pg_authid WHERE rolname = ${pg.escapeLiteral(username)}`,
      );
      return hash?.hash ?? "none";
    },
    async stop() {
      await bySuperuser.stop();
      await byRotator.stop();
      await postgres.stop();
    },
  };
}

/** The result of the work, and then the server as it was before. */
export async function undone<Result>(work: Promise<Result>, undo: () => Promise<unknown>): Promise<Result> {
  try {
    return await work;
  } finally {
    await undo();
  }
}

/** The same cases on npm's PostgreSQL 18 and, where it is installed, on Debian's PostgreSQL 15. */
export function onEachPostgres(body: (binaries: typeof postgres15) => void): void {
  describe("PostgreSQL 18", () => {
    body(undefined);
  });
  describe.skipIf(postgres15 === undefined)("PostgreSQL 15", () => {
    body(postgres15);
  });
}
