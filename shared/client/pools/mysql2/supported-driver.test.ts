import mysql from "mysql2";
import { expect, onTestFinished, test } from "vitest";
import { assertSupported } from "./supported-driver.ts";

const poolOf = (change: (pool: mysql.Pool) => void): mysql.Pool => {
  const pool = mysql.createPool({});
  change(pool);
  return pool;
};
const withVersion = (version: string) =>
  poolOf((pool) => {
    Object.assign(pool, { config: { connectionConfig: { connectAttributes: { _client_version: version } } } });
  });

test("the installed version is supported, and so is each from 3.9 on", () => {
  expect(() => assertSupported()).not.toThrow();
  for (const version of ["3.9.0", "3.24.6", "3.99.1"])
    expect(() => assertSupported(withVersion(version))).not.toThrow();
});

const listWithout = (name: "get" | "removeOne"): object => ({
  get: () => undefined,
  removeOne: () => undefined,
  [name]: undefined,
});

test.each([
  ["an older version", withVersion("3.8.9"), "3.8.9"],
  ["one of an older series", withVersion("2.18.0"), "2.18.0"],
  ["a newer one", withVersion("4.0.0"), "4.0.0"],
  ["a later one of a newer series", withVersion("4.10.0"), "4.10.0"],
  ["one that has no settings", poolOf((pool) => void Object.assign(pool, { config: undefined })), "unknown"],
  ["one that does not tell its version", poolOf((pool) => void Object.assign(pool, { config: {} })), "unknown"],
  [
    "one that tells servers nothing",
    poolOf((pool) => void Object.assign(pool, { config: { connectionConfig: {} } })),
    "unknown",
  ],
])("%s is refused when a pool is made", (_which, pool, found) => {
  expect(() => assertSupported(pool)).toThrow(
    expect.objectContaining({
      code: "driver-unsupported",
      context: { driver: "mysql2", found, supported: "3.9.0 to 3.x" },
      hint: "npm install mysql2@3.24",
    }),
  );
});

test.each([
  ["is of another kind", new Set()],
  ["is missing", undefined],
  ["cannot be read", listWithout("get")],
  ["cannot be taken from", listWithout("removeOne")],
])("one is refused whose pool's list of connections %s", (_which, list) => {
  for (const name of ["_allConnections", "_freeConnections"]) {
    const pool = poolOf((made) => void Object.assign(made, { [name]: list }));
    expect(() => assertSupported(pool)).toThrow(expect.objectContaining({ code: "driver-unsupported" }));
  }
});

test("one is refused whose connections cannot be closed in order", () => {
  const { prototype } = mysql.PoolConnection;
  const realEnd: unknown = Reflect.get(prototype, "_realEnd");
  onTestFinished(() => void Reflect.set(prototype, "_realEnd", realEnd));
  Reflect.set(prototype, "_realEnd", undefined);
  expect(() => assertSupported()).toThrow(expect.objectContaining({ code: "driver-unsupported" }));
});
