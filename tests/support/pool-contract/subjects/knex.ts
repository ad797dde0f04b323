import { knex, type Knex } from "knex";
import { createRotatingPool as createMysqlPool } from "../../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool as createPgPool } from "../../../../shared/client/pools/pg/rotating-pool.ts";
import type { Rotating } from "../../../../shared/client/pools/rotating-options.ts";
import type { PoolFixture, Subject } from "../fixture.ts";
import { mysqlMarks, type MysqlUnderContract, nameOf, postgresMarks } from "./marks.ts";
import { markAndName, type PostgresUnderContract } from "./pg.ts";

/** Knex over a pool that rotates; `operation`: leaves a mark and names the user. */
function subjectOf(db: Knex, pool: Rotating, operation: (on: Knex, mark: string) => Promise<string>): Subject {
  return {
    operate: async (mark) => operation(db, mark),
    async longWork(mark) {
      const transaction = await db.transaction();
      await operation(transaction, mark);
      return {
        step: async () => void (await transaction.raw("SELECT 1")),
        finish: async () => void (await transaction.commit()),
      };
    },
    get versionId() {
      return pool.versionId;
    },
    visible: db,
    close: async () => pool[Symbol.asyncDispose](),
  };
}

export const knexOnPostgres = ({ engine, postgres }: PostgresUnderContract): PoolFixture => ({
  name: `Knex, ${engine.name}`,
  engine,
  prepare: async () => postgresMarks(postgres()),
  open(options) {
    const pool = createPgPool(options);
    return subjectOf(knex({ client: "pg", connectionPool: pool }), pool, async (on, mark) => {
      const { rows } = await on.raw<{ rows: readonly { name: string }[] }>(markAndName.replace("$1", "?"), [mark]);
      return String(rows[0]?.name);
    });
  },
  credentialSettings: [],
  openWith: createPgPool,
});

export const knexOnMysql = (on: MysqlUnderContract): PoolFixture => ({
  name: `Knex, ${on.engine.name}`,
  ...on,
  prepare: async (server) => mysqlMarks(server),
  open(options) {
    const pool = createMysqlPool(options);
    return subjectOf(
      knex({ client: "mysql2", connectionPool: pool as unknown as Knex.MySQLPoolLike }),
      pool,
      async (on, mark) => {
        const [rows] = await on.raw<readonly [readonly { name: string }[]]>(nameOf(mark));
        return String(rows[0]?.name);
      },
    );
  },
  credentialSettings: [],
  openWith: createMysqlPool,
});
