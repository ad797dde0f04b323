import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { ClientEvents } from "../../../shared/client/client-events.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import type { Account } from "../../../shared/testing/engine-contract/fixture.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { duringTests } from "../field-stage.ts";
import { type PoolServer } from "../../support/pool-servers.ts";
import { onEachPoolServer } from "./on-each-pool-server.ts";

const kind = "one bad input ends or blocks the service";
const secretId = "orders";
printFieldCases();

type Written = string | object;

/** What people and tools really leave behind, made of a good value. */
const broken: readonly (readonly [string, (good: Readonly<Record<string, unknown>>) => Written])[] = [
  ["text without its last brace", (good) => JSON.stringify(good).slice(0, -1)],
  ["a comma behind the last member", (good) => JSON.stringify(good).replace(/\}$/, ",}")],
  ["single quotes", (good) => JSON.stringify(good).replaceAll('"', "'")],
  ["nothing", () => ""],
  ["a space", () => " "],
  ["null", () => "null"],
  ["a list", (good) => JSON.stringify([good])],
  ["a number", () => "12345"],
  ["JSON within a string", (good) => JSON.stringify(JSON.stringify(good))],
  ["YAML", () => "username: app\npassword: secret\n"],
  ["a password alone", () => "hunter2"],
  ["no password", ({ password: _password, ...good }) => good],
  ["an empty user name", (good) => ({ ...good, username: "" })],
  ["a password that is a number", (good) => ({ ...good, password: 12345 })],
  ["a password with a NUL", (good) => ({ ...good, password: "a\0b" })],
  ["a port that is no number", (good) => ({ ...good, port: "five" })],
  ["a port above all ports", (good) => ({ ...good, port: 123_456 })],
  ["a URL as host", (good) => ({ ...good, host: "https://db.example.com/orders" })],
  ["no host", ({ host: _host, ...good }) => good],
  ["a TLS mode that nobody knows", (good) => ({ ...good, ssl: "maybe" })],
  ["a list as CA", (good) => ({ ...good, ssl: true, sslrootcert: ["ca.pem"] })],
  ["bytes", () => Uint8Array.of(0, 1, 2, 255)],
];

onEachPoolServer("a secret that somebody broke", (start) => {
  const server = duringTests(start);

  async function service(careless: Partial<Parameters<PoolServer["pool"]>[0]> = {}) {
    let user = await server.newUser(50);
    const client = fakeSecretClient({ [secretId]: server.secretOf(user) });
    const errors: ClientEvents["error"][] = [];
    client.on("error", (failure) => errors.push(failure));
    const pool = server.pool({ client, secretId, max: 3, ...careless });
    return {
      pool,
      client,
      errors,
      good: () => server.secretOf(user),
      changePassword: async (): Promise<Account> => (user = await server.changePassword(user)),
      async end(): Promise<void> {
        await pool.end();
        await client.close();
      },
    };
  }

  test.each(broken)("%s: queries go on, the failure is told once, and the next good value is taken", (_what, spoil) =>
    fieldCase(kind, async () => {
      const { pool, client, errors, good, end } = await service();
      await pool.query();
      const before = pool.versionId;
      const bad = await client.rotate(secretId, spoil(good()));
      await client.refresh(secretId);
      await Promise.all([pool.query(), pool.query(), pool.query(), pool.query()]);
      expect(pool.versionId).toBe(before);
      expect(errors).toEqual([
        { secretId, error: expect.objectContaining({ code: expect.stringMatching(/^secret-(?:malformed|binary)$/) }) },
      ]);
      const next = await client.rotate(secretId, good());
      await pool.query();
      expect([pool.versionId, bad === next]).toEqual([next, false]);
      await end();
    })(),
  );

  test(
    "a process that starts with the broken value gets the typed error, and works as soon as the value does",
    fieldCase(kind, async () => {
      const user = await server.newUser(50);
      const client = fakeSecretClient({ [secretId]: "{" });
      const pool = server.pool({ client, secretId, max: 3 });
      await expect(pool.query()).rejects.toMatchObject({ code: "secret-malformed" });
      await expect(Promise.all([pool.query(), pool.query()])).rejects.toMatchObject({ code: "secret-malformed" });
      const versionId = await client.rotate(secretId, server.secretOf(user));
      await pool.query();
      expect(pool.versionId).toBe(versionId);
      await pool.end();
      await client.close();
    }),
  );

  test(
    "once the server refuses the kept credential the error is typed, and the next good value is taken",
    fieldCase(kind, async () => {
      const { pool, client, good, changePassword, end } = await service();
      const { release } = await pool.hold();
      await client.rotate(secretId, "{");
      await changePassword();
      const held = await pool.hold().catch((error: unknown) => error);
      expect(held).toMatchObject({ code: "secret-malformed" });
      release();
      const versionId = await client.rotate(secretId, good());
      await Promise.all([pool.query(), pool.query(), pool.query()]);
      expect(pool.versionId).toBe(versionId);
      await end();
    }),
  );

  const never = new Promise<never>(() => undefined);
  const careless: readonly (readonly [string, () => Promise<void>])[] = [
    ["throws", () => JSON.parse("{")],
    ["rejects", async () => JSON.parse("{")],
    ["never settles", async () => never],
    ["gives no promise", (() => undefined) as never],
  ];
  test.each(careless)("an acknowledgement that %s costs no query and no connection", (_what, acknowledge) =>
    fieldCase(kind, async () => {
      const { pool, client, good, end } = await service({ acknowledge });
      for (let round = 0; round < 4; round++) {
        // More than the pool has: a connection that is not given back would be missed.
        for (let query = 0; query < 5; query++) await pool.query();
        const versionId = await client.rotate(secretId, good());
        expect(pool.versionId).toBe(versionId);
      }
      await end();
    })(),
  );

  test(
    "an acknowledgement that fails with one of rekey's errors is told to the error listeners",
    fieldCase(kind, async () => {
      const { pool, errors, end } = await service({
        acknowledge: async () => {
          throw new RekeyError("event-rejected");
        },
      });
      await pool.query();
      await expect
        .poll(() => errors)
        .toEqual([{ secretId, error: expect.objectContaining({ code: "event-rejected" }) }]);
      await end();
    }),
  );

  test(
    "a listener of the pool that throws costs no query and no connection",
    fieldCase(kind, async () => {
      const { pool, client, good, end } = await service();
      const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
      pool.onEach(() => JSON.parse("{"));
      for (let round = 0; round < 3; round++) {
        for (let query = 0; query < 5; query++) await pool.query();
        await client.rotate(secretId, good());
      }
      await end();
      expect(warned).toHaveBeenCalledWith(expect.stringContaining("SyntaxError"), expect.anything());
      warned.mockRestore();
    }),
  );

  test(
    "whatever is written, told and called back, in whatever order, queries go on with the last good credential",
    { timeout: 300_000 },
    fieldCase(kind, async () => {
      const warnings = vi.spyOn(process, "emitWarning").mockReturnValue();
      const step = fc.oneof(
        fc.record({ does: fc.constant("breaks" as const), how: fc.nat(broken.length - 1) }),
        fc.record({ does: fc.constant("writes text" as const), text: fc.oneof(fc.string(), fc.json()) }),
        fc.record({ does: fc.constant("writes a good value" as const) }),
        fc.record({ does: fc.constant("changes the password" as const) }),
        fc.record({ does: fc.constant("tells lies" as const), atLeast: fc.uuid(), atMs: fc.double() }),
        fc.record({ does: fc.constant("queries" as const), count: fc.integer({ min: 1, max: 6 }) }),
      );
      const callbacks = fc.record({ acknowledge: fc.nat(careless.length - 1), throwing: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), callbacks, async (steps, how) => {
          const { pool, client, good, changePassword, end } = await service({
            acknowledge: careless[how.acknowledge]?.[1] as () => Promise<void>,
          });
          if (how.throwing)
            for (const name of ["rotated", "error", "stale"] as const) client.on(name, JSON.parse as never);
          await pool.query();
          // After false notices, a true one may wait for its turn.
          async function adopts(versionId: string | undefined): Promise<void> {
            await expect.poll(async () => pool.query().then(() => pool.versionId), { timeout: 60_000 }).toBe(versionId);
          }
          let lastGood = pool.versionId;
          for (const one of steps) {
            if (one.does === "breaks") await client.rotate(secretId, broken[one.how]?.[1](good()) ?? "");
            else if (one.does === "writes text") await client.rotate(secretId, one.text);
            else if (one.does === "writes a good value") lastGood = await client.rotate(secretId, good());
            else if (one.does === "changes the password") {
              await changePassword();
              lastGood = await client.rotate(secretId, good());
            } else if (one.does === "tells lies") {
              client.invalidate(secretId, { atLeast: one.atLeast, atMs: one.atMs });
            }
            const count = one.does === "queries" ? one.count : 1;
            await Promise.all(Array.from({ length: count }, async () => pool.query()));
            await adopts(lastGood);
          }
          await adopts(await client.rotate(secretId, good()));
          await end();
        }),
        { numRuns: 12 },
      );
      warnings.mockRestore();
    }),
  );
});
