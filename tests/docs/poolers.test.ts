import { parseEnv } from "node:util";
import pg from "pg";
import { expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { pgbouncer, startPgbouncer } from "../support/pgbouncer.ts";
import { fencedBlocks } from "./fenced-blocks.ts";

test.skipIf(pgbouncer === undefined)("PgBouncer set up as the page says lets a user in, and no superuser", async () => {
  const textOf = (language: string): string =>
    fencedBlocks("docs/reference/poolers.md").find((block) => block.language === language)?.text ?? "";
  const postgres = await startPostgres();
  try {
    await postgres.admin(textOf("sql"));
    await postgres.admin("CREATE ROLE app LOGIN PASSWORD 'p'");
    const settings: Readonly<Record<string, string | undefined>> = parseEnv(textOf("ini"));
    const pooler = await startPgbouncer(pgbouncer ?? "", {
      serverPort: postgres.port,
      poolMode: "transaction",
      users: { pgbouncer: "…" },
      settings: settings as Readonly<Record<string, string>>,
    });
    try {
      const connect = async (user: string, password: string): Promise<string> => {
        const client = new pg.Client({ host: pooler.host, port: pooler.port, database: "postgres", user, password });
        client.on("error", () => undefined);
        const refused: unknown = await client.connect().catch((error: unknown) => error);
        if (refused instanceof Error) return "refused";
        await client.end();
        return "in";
      };
      expect(await connect("app", "p")).toBe("in");
      expect(await connect("app", "wrong")).toBe("refused");
      expect(await connect(postgres.superuser.username, postgres.superuser.password)).toBe("refused");
    } finally {
      await pooler.stop();
    }
  } finally {
    await postgres.stop();
  }
});
