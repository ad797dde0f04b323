import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "./embedded-postgres.ts";

let postgres: EmbeddedPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => postgres.stop());

test("is PostgreSQL 18 and asks for a SCRAM password", async () => {
  expect(await postgres.admin("SHOW server_version")).toMatchObject([
    { server_version: expect.stringMatching(/^18\./) },
  ]);
  expect(await postgres.admin("SHOW password_encryption")).toEqual([{ password_encryption: "scram-sha-256" }]);
});

test("a wrong password is refused and in the log", async () => {
  const { host, port } = postgres;
  const client = new pg.Client({ host, port, user: "postgres", password: "wrong", database: "postgres" });
  await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
  expect(await postgres.log()).toContain("password authentication failed");
});

test("stop leaves no folder and no listener", async () => {
  const other = await startPostgres();
  const [row] = await other.admin<{ data_directory: string }>("SHOW data_directory");
  const folder = path.dirname(row?.data_directory ?? "");
  expect(existsSync(folder)).toBe(true);
  await other.stop();
  expect(existsSync(folder)).toBe(false);
  await expect(other.admin("SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
