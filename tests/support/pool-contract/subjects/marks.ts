import type { EmbeddedPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import type { SubjectServer } from "../fixture.ts";

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
