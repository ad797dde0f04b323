import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { memorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { startFailingEndpoint } from "../../support/failing-endpoint.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { duringTests } from "../field-stage.ts";
import { startPostgresForPools } from "../../support/pool-servers.ts";
import { onEachPoolServer } from "./on-each-pool-server.ts";

const kind = "it stops silently";
const secretId = "orders";
const connectMs = 400;
/** Well below what three requests to a silent source take, and above what a busy machine adds. */
const boundMs = 2_500;
printFieldCases();

const spent = { code: "time-budget-spent", context: { secret: secretId, timeoutMs: connectMs } };

async function timed(work: Promise<unknown>): Promise<{ readonly error: unknown; readonly ms: number }> {
  const startedMs = performance.now();
  const error: unknown = await work.then(
    () => "none",
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - startedMs };
}

onEachPoolServer("a time-out for connections of 400 ms", (start) => {
  const server = duringTests(start);

  test.each(["hangs", "fails", "throttles"] as const)("ends all callers in time where Secrets Manager %s", (how) =>
    fieldCase(kind, async () => {
      await using endpoint = await startFailingEndpoint(how);
      const sdk = new SecretsManagerClient({
        endpoint: `http://127.0.0.1:${endpoint.port}`,
        region: "us-east-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        maxAttempts: 1,
      });
      const client = createSecretClient({ source: secretsManagerSource(sdk) });
      const pool = server.pool({ client, secretId, max: 2, connectMs });
      const seen = await Promise.all([timed(pool.query()), timed(pool.query()), timed(pool.query())]);
      for (const { error, ms } of seen) {
        expect(error).toBeInstanceOf(RekeyError);
        expect(ms).toBeLessThan(boundMs);
      }
      await pool.end();
      await client.close();
    })(),
  );

  test(
    "names the secret where its source is silent, and the read serves the next caller",
    fieldCase(kind, async () => {
      const secrets = memorySecrets({ [secretId]: server.secretOf(await server.newUser(5)) });
      let reads = 0;
      let answer = (): void => undefined;
      const answered = new Promise<void>((resolve) => (answer = resolve));
      const source: SecretSource = {
        async read(id, at, call) {
          reads++;
          await answered;
          return secrets.read(id, at, call);
        },
      };
      const client = createSecretClient({ source, requestTimeoutMs: 20_000 });
      const pool = server.pool({ client, secretId, max: 2, connectMs });
      const seen = await Promise.all([timed(pool.query()), timed(pool.query())]);
      for (const { error, ms } of seen) {
        expect(error).toMatchObject(spent);
        expect(ms).toBeLessThan(boundMs);
      }
      const next = pool.query();
      answer();
      await next;
      expect(reads).toBe(1);
      await pool.end();
      await client.close();
    }),
  );

  test(
    "counts the search for another credential after a refusal too",
    fieldCase(kind, async () => {
      const user = await server.newUser(5);
      const secrets = memorySecrets({ [secretId]: server.secretOf(user) });
      let isSilent = false;
      const never = new Promise<never>(() => undefined);
      const source: SecretSource = {
        read: async (id, at, call) => (isSilent ? never : secrets.read(id, at, call)),
      };
      const client = createSecretClient({ source, requestTimeoutMs: 20_000 });
      const pool = server.pool({ client, secretId, max: 5, connectMs });
      const held = await pool.hold();
      await server.changePassword(user);
      isSilent = true;
      const { error, ms } = await timed(pool.hold());
      expect(error).toMatchObject(spent);
      expect(ms).toBeLessThan(boundMs);
      held.release();
      await pool.end();
      await client.close();
    }),
  );
});

describe("PostgreSQL: the driver's own time-out", () => {
  const server = duringTests(startPostgresForPools);

  test(
    "is told in the driver's words where the server is silent, and no connection is left behind",
    fieldCase(kind, async () => {
      await using mute = await startFailingEndpoint("hangs");
      const user = await server.newUser(5);
      const client = fakeSecretClient({ [secretId]: { ...server.secretOf(user), port: mute.port } });
      const pool = server.pool({ client, secretId, max: 2, connectMs });
      const seen = await Promise.all([timed(pool.query()), timed(pool.query()), timed(pool.query())]);
      for (const { error, ms } of seen) {
        expect(String(error)).toMatch(/timeout exceeded when trying to connect|terminated due to connection timeout/);
        expect(ms).toBeLessThan(boundMs);
      }
      await client.rotate(secretId, server.secretOf(user));
      await pool.query();
      await pool.end();
      await client.close();
    }),
  );

  test(
    "ends the wait for a connection of a replaced credential, which others hold",
    fieldCase(kind, async () => {
      let user = await server.newUser(2);
      const client = fakeSecretClient({ [secretId]: server.secretOf(user) });
      const pool = server.pool({ client, secretId, max: 2, connectMs });
      const held = [await pool.hold(), await pool.hold()];
      user = await server.changePassword(user);
      await client.rotate(secretId, server.secretOf(user));
      const { error, ms } = await timed(pool.query());
      expect(String(error)).toContain("timeout exceeded when trying to connect");
      expect(ms).toBeLessThan(boundMs);
      for (const { release } of held) release();
      await pool.query();
      await pool.end();
      await client.close();
    }),
  );
});
