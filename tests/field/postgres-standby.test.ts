import { afterAll, beforeAll, expect, test } from "vitest";
import { type StreamingStandby, startStreamingStandby } from "../support/streaming-standby.ts";
import { fieldCase, type Kind, printFieldCases } from "./field-cases.ts";
import { type FieldStage, refusedAs } from "./field-stage.ts";
import { onEachPostgres, type PostgresStage, startPostgresStage } from "./postgres-stage.ts";

printFieldCases();

const unseen: Kind = "doctor does not see it";
const refused = refusedAs("database-read-only");

onEachPostgres((binaries) => {
  let at: PostgresStage;
  let standby: StreamingStandby;
  let byStandby: FieldStage;
  beforeAll(async () => {
    at = await startPostgresStage(binaries);
    standby = await startStreamingStandby(at.postgres, binaries);
    byStandby = await at.at(standby.port);
  });
  afterAll(async () => {
    await byStandby.stop();
    await standby.stop();
    await at.stop();
  });

  test.each(["single-user", "alternating-users"] as const)(
    "a secret that names the standby is told of, and refused (%s)",
    async (strategy) =>
      fieldCase(unseen, async () => {
        const seen = await byStandby.rotate({ strategy, situate: async () => standby.caughtUp() });
        expect(seen).toMatchObject(refused);
      })(),
  );

  test(
    "a standby among the secret's further hosts is told of, and refused before the primary is changed",
    fieldCase(unseen, async () => {
      const seen = await at.bySuperuser.rotate({
        strategy: "single-user",
        fields: { hosts: [`127.0.0.1:${standby.port}`] },
        situate: async () => standby.caughtUp(),
      });
      expect(seen).toMatchObject(refused);
      expect(await at.bySuperuser.stage.server.accepts(seen.account)).toBe(true);
    }),
  );

  test(
    "a user whose sessions are serializable by default is refused on a standby for the standby's sake",
    fieldCase(unseen, async () => {
      const seen = await byStandby.rotate({
        strategy: "single-user",
        async situate({ username }) {
          await at.postgres.admin(`ALTER ROLE ${username} SET default_transaction_isolation = 'serializable'`);
          await at.postgres.admin(`ALTER ROLE ${username} SET default_transaction_read_only = on`);
          await standby.caughtUp();
        },
      });
      expect(seen).toMatchObject(refused);
    }),
  );

  test(
    "a rotation on the primary reaches the standby",
    fieldCase(unseen, async () => {
      const seen = await at.bySuperuser.rotate({ strategy: "single-user", situate: async () => standby.caughtUp() });
      expect(seen).toMatchObject({ codes: [], foretold: [], logsIn: true });
    }),
  );
});
