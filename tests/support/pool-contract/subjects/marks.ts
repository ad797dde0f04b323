import type { EmbeddedPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import type { EngineServer } from "../../../../shared/testing/engine-contract/fixture.ts";
import { mariadbFixture } from "../../mariadb-fixture.ts";
import type { PoolFixture, SubjectServer } from "../fixture.ts";

/** MariaDB or MySQL, by these strategies. */
export type MysqlUnderContract = Pick<PoolFixture, "engine" | "variants">;

export const onMariadb = (mariadbd: string): MysqlUnderContract => ({ engine: mariadbFixture(mariadbd) });

/** A table that every user may write into, and none may read. */
export async function postgresMarks({ admin }: EmbeddedPostgres): Promise<SubjectServer> {
  await admin("CREATE TABLE marks (mark text); GRANT INSERT ON marks TO PUBLIC");
  return {
    async arrived(mark) {
      const [row] = await admin<{ times: number }>("SELECT count(*)::int AS times FROM marks WHERE mark = $1", [mark]);
      return row?.times ?? 0;
    },
  };
}

/** Names the user, and is in the general log by its mark. */
export const nameOf = (mark: string): string => `SELECT SUBSTRING_INDEX(USER(), '@', 1) AS name, '${mark}' AS mark`;

/** The server's general log counts. */
export const mysqlMarks = (server: EngineServer): SubjectServer => ({
  arrived: async (mark) => (await server.logs()).split(new RegExp(`Query\\t.*'${mark}'`)).length - 1,
});
