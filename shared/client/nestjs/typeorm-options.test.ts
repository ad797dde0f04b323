import { afterEach, beforeEach, expect, test } from "vitest";
import type pg from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../testing/fake-secret-client.ts";
import { settled } from "../../../tests/support/settled.ts";
import type { RotatingPool } from "../pools/pg/rotating-pool.ts";
import { rotatingTypeOrm } from "./typeorm-options.ts";

let client: FakeSecretClient;
beforeEach(
  () => (client = fakeSecretClient({ orders: { username: "u", password: "canary", host: "127.0.0.1", port: 1 } })),
);
afterEach(async () => client.close());

interface Driver {
  readonly Pool: new (settings: pg.PoolConfig) => RotatingPool;
  readonly Client: unknown;
}
const made = (typeorm: object, more: object = {}) =>
  rotatingTypeOrm({ secretId: "orders", typeorm, ...more }).useFactory(client);
const poolOf = (settings: pg.PoolConfig): RotatingPool => new (made({}).driver as Driver).Pool(settings);

test("the options go with a driver whose pools follow the secret", async () => {
  const options = made({ autoLoadEntities: true, poolSize: 3 });
  expect(options).toMatchObject({ type: "postgres", autoLoadEntities: true, poolSize: 3 });
  expect((options.driver as Driver).Client).toBeTypeOf("function");
  await using pool = poolOf({ max: 3, ssl: false, host: "127.0.0.1" });
  expect(pool.options.max).toBe(3);
  expect(await settled(pool.connect())).toMatchObject({ code: "ECONNREFUSED" });
});

test("what TypeORM leaves open is the secret's, and a credential in `extra` is refused", async () => {
  await using pool = poolOf({ host: undefined, user: undefined, password: undefined });
  expect(pool.versionId).toBeUndefined();
  expect(() => poolOf({ password: "canary" })).toThrow(
    expect.objectContaining({ code: "option-invalid", context: { option: "pool.password" } }),
  );
});

test("the client is the one that is named", () => {
  expect(rotatingTypeOrm({ secretId: "orders", typeorm: {} }).inject).toEqual(["RekeyClient:default"]);
  expect(rotatingTypeOrm({ secretId: "orders", typeorm: {}, clientName: "own" }).inject).toEqual(["RekeyClient:own"]);
});

test.each(["url", "username", "password", "replication", "driver", "nativeDriver"])(
  "the option %s is refused",
  (name) => {
    expect(() => made({ [name]: "canary" })).toThrow(
      expect.objectContaining({ code: "option-invalid", context: { option: `typeorm.${name}` } }),
    );
  },
);

test("another database is refused, PostgreSQL's name is not", () => {
  expect(() => made({ type: "mysql" })).toThrow(expect.objectContaining({ code: "option-invalid" }));
  expect(made({ type: "postgres" }).type).toBe("postgres");
});

test("Nest tries again what may pass, and offers no refused credential again", () => {
  const { toRetry } = made({});
  expect([
    toRetry(new Error("ECONNREFUSED")),
    toRetry(new RekeyError("database-busy")),
    toRetry(new RekeyError("credential-refused")),
  ]).toEqual([true, true, false]);
  const own = (): boolean => true;
  expect(made({ toRetry: own }).toRetry).toBe(own);
});
