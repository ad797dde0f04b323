import fc from "fast-check";
import { expect, test } from "vitest";
import { mongodbEngine } from "./mongodb-engine.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { altered, alteration } from "../../../tests/support/altered-bytes.ts";
import { startRogueMongodb } from "../../../tests/support/rogue-mongodb.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";

const app = { username: "app", password: new SecretValue("canary-current-3f6a") };

async function outcomeAt(port: number): Promise<unknown> {
  const target = { engine: "mongodb", host: "127.0.0.1", port, dbname: "admin", options: new Map<string, string>() };
  const call = { signal: AbortSignal.timeout(250) };
  const login = await mongodbEngine().login({ ...target, tls: { mode: "disable" } }, app, call);
  if (!login.ok) return login.refusal;
  await using session = login.session;
  await session.inspect(["app"], call);
  await session.setPassword(app, call);
  return "done";
}

test("whatever bytes of an honest conversation are altered, a step ends in its time, as a result or a typed error", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(7), alteration, async (at, change) => {
      const server = await startRogueMongodb({
        iterations: 4_096,
        lie: ({ index }, honest) => (index === at ? altered(honest, change) : honest),
      });
      try {
        const outcome = await outcomeAt(server.port).catch((error: unknown) => error);
        expect([outcome instanceof RekeyError ? outcome.code : outcome]).toEqual([expect.any(String)]);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_130, numRuns: sampledRuns(60) },
  );
});
