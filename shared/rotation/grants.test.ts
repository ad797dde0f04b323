import { expect, test } from "vitest";
import { grantsOf } from "../testing/grants.ts";
import { isAt, isUserGranted } from "./grants.ts";

const target = (host: string, port = 5432, secretName = "orders") => ({
  secretName,
  engine: "memory",
  host,
  port,
  dbname: "d",
  tls: { mode: "verify-full" as const },
  options: new Map<string, string>(),
});

test.each([
  ["db", 1, "db", 1, true],
  ["DB", 1, "db", 1, true],
  ["db", 1, "DB", 1, true],
  ["[::1]", 1, "::1", 1, true],
  ["::1", 1, "[::1]", 1, true],
  ["db", 1, "db", 2, false],
  ["db", 1, "db2", 1, false],
  ["a[b]", 1, "ab", 1, false],
  ["[b]a", 1, "ba", 1, false],
  ["straße", 1, "STRASSE", 1, false],
])("%s and port %d are %s and port %d: %s", (host, port, otherHost, otherPort, same) => {
  expect(isAt({ host, port }, { host: otherHost, port: otherPort })).toBe(same);
});

test("a user is granted to one secret, by name, on every one of its targets", () => {
  const users = { orders: ["db", "db2"].map((host) => ({ username: "app_b", host, port: 5432 })) };
  const grants = grantsOf({ users });
  const asked = (secret: string, username: string, ...hosts: readonly string[]) =>
    isUserGranted(
      grants,
      username,
      hosts.map((host) => target(host, 5432, secret)),
    );
  expect(asked("orders", "app_b", "db")).toBe(true);
  expect(asked("orders", "app_b", "db", "db2")).toBe(true);
  expect(asked("orders", "app_b", "db", "db3")).toBe(false);
  expect(asked("orders", "APP_B", "db")).toBe(false);
  expect(asked("order", "app_b", "db")).toBe(false);
});
