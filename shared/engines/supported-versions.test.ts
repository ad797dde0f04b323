import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { isAtLeast, oldestVersions } from "./supported-versions.ts";

test.each([
  ["10.6.0", "10.6", true],
  ["10.11.6", "10.6", true],
  ["10.5.29", "10.6", false],
  ["9.9", "10.6", false],
  ["8.0.21", "8.0.21", true],
  ["8.0.20", "8.0.21", false],
  ["8.4.0", "8.0.21", true],
  ["13.4 (Debian 13.4-1)", "13", true],
  ["12.22", "13", false],
  ["unknown", "4.4", false],
  ["", "13", false],
])("%j is at least %s: %j", (version, oldest, expected) => {
  expect(isAtLeast(version, oldest)).toBe(expected);
});

test.each([
  ["postgres.md", `PostgreSQL ${oldestVersions.postgres}`],
  ["mysql.md", `MariaDB ${oldestVersions.mariadb}`],
  ["mysql.md", `MySQL ${oldestVersions.mysql}`],
  ["mongodb.md", `MongoDB ${oldestVersions.mongodb}`],
  ["mongodb.md", `DocumentDB ${oldestVersions.documentdb}`],
  ["redis.md", `Redis ${oldestVersions.redis}`],
])("%s says that rekey supports %s and newer", (page, version) => {
  const text = readFileSync(resolve(import.meta.dirname, "../../docs/reference", page), "utf8");
  const said = [...text.matchAll(/Supported: ([^\n]+) and newer\./gu)].map(([, versions = ""]) => versions.split(", "));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(version);
});

test("the oldest MongoDB is the driver's", () => {
  const driver = dirname(createRequire(import.meta.url).resolve("mongodb/package.json"));
  const constants = readFileSync(join(driver, "lib/cmap/wire_protocol/constants.js"), "utf8");
  expect(/MIN_SUPPORTED_SERVER_VERSION = '([\d.]+)'/u.exec(constants)?.[1]).toBe(oldestVersions.mongodb);
});
