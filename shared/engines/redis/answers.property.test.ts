import fc from "fast-check";
import { expect, test } from "vitest";
import { redisEngine } from "./redis-engine.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { altered, alteration } from "../../../tests/support/altered-bytes.ts";
import { startRogueRedis } from "../../../tests/support/rogue-redis.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";

const app = { username: "app", password: new SecretValue("canary-current-3f6a") };

async function outcomeAt(port: number): Promise<unknown> {
  const target = { engine: "redis", host: "127.0.0.1", port, dbname: "3", options: new Map<string, string>() };
  const call = { signal: AbortSignal.timeout(250) };
  const engine = redisEngine({ report: () => undefined });
  const login = await engine.login({ ...target, tls: { mode: "disable" } }, app, call);
  if (!login.ok) return login.refusal;
  await using session = login.session;
  await session.inspect(["app"], call);
  await session.keepBoth(app, app, call);
  return "done";
}

test("whatever bytes of an honest conversation are altered, a step ends in its time, as a result or a typed error", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8), alteration, async (at, change) => {
      const server = await startRogueRedis((_command, honest, index) =>
        index === at ? (socket) => void socket.write(altered(Buffer.from(honest), change)) : honest,
      );
      try {
        const outcome = await outcomeAt(server.port).catch((error: unknown) => error);
        expect([outcome instanceof RekeyError ? outcome.code : outcome]).toEqual([expect.any(String)]);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_130, numRuns: sampledRuns(80) },
  );
});
