import { createRotatingSql } from "../../../../shared/client/pools/postgres/rotating-sql.ts";
import type { PoolFixture } from "../fixture.ts";
import { postgresMarks } from "./marks.ts";
import { markAndName, type PostgresUnderContract } from "./pg.ts";

export const postgresJsFixture = ({ engine, postgres }: PostgresUnderContract, settings: object = {}): PoolFixture => ({
  name: `postgres.js, ${engine.name}`,
  engine,
  prepare: async () => postgresMarks(postgres()),
  open(options) {
    const sql = createRotatingSql({ ...options, postgres: settings });
    return {
      async operate(mark) {
        const [row] = await sql.unsafe(markAndName, [mark]);
        return String(row?.["name"]);
      },
      async longWork(mark) {
        const done = Promise.withResolvers<void>();
        const steps: (() => Promise<void>)[] = [];
        const begun = Promise.withResolvers<void>();
        const transaction = sql.begin(async (open) => {
          await open.unsafe(markAndName, [mark]);
          steps.push(async () => void (await open`SELECT 1`));
          begun.resolve();
          await done.promise;
        });
        transaction.catch(begun.reject);
        await begun.promise;
        return {
          step: async () => steps[0]?.(),
          async finish() {
            done.resolve();
            await transaction;
          },
        };
      },
      get versionId() {
        return sql.versionId;
      },
      visible: sql,
      close: async () => sql.end(),
    };
  },
  credentialSettings: ["user", "username", "pass", "password"],
  openWith: (options, given) => createRotatingSql({ ...options, postgres: given }),
});
