import mysql from "mysql2";
import { expect, test } from "vitest";
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

test.each([
  ["an older version", withVersion("3.8.9")],
  ["a newer one", withVersion("4.0.0")],
  ["one that does not tell its version", poolOf((pool) => void Object.assign(pool, { config: {} }))],
  [
    "one whose pool has other lists of connections",
    poolOf((pool) => void Object.assign(pool, { _freeConnections: new Set() })),
  ],
])("%s is refused when a pool is made", (_which, pool) => {
  expect(() => assertSupported(pool)).toThrow(expect.objectContaining({ code: "driver-unsupported" }));
});
