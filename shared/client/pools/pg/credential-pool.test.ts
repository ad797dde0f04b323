import { setImmediate as turn } from "node:timers/promises";
import pg from "pg";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type FakePgServer, fakePgServer } from "../../../../tests/support/fake-pg-server.ts";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { credentialPool, type OuterPool } from "./credential-pool.ts";

let server: FakePgServer;
let outer: OuterPool;
let heard: string[];
let changed: ReturnType<typeof vi.fn<() => void>>;

const open = (settings: pg.PoolConfig = {}, secret: object = { username: "u", password: "p", host: "h" }) =>
  credentialPool(
    { Client: server.Client, ...settings },
    parseLoginSecret(new SecretValue(JSON.stringify(secret))),
    outer,
    changed,
  );

beforeEach(() => {
  server = fakePgServer();
  heard = [];
  changed = vi.fn<() => void>();
  outer = { emit: (event) => void heard.push(event), isHeard: () => false, pools: new Set() };
});

describe("a connection", () => {
  test("is counted as idle before its release is told", async () => {
    const pool = open();
    const connection = await pool.connect();
    const idle: number[] = [];
    changed.mockImplementation(() => void idle.push(pool.idle));
    connection.release();
    await turn();
    expect([idle, pool.open, pool.idle]).toEqual([[1], 1, 1]);
  });

  test("is open until the server has closed it, whoever ends it", async () => {
    const pool = open();
    const [first, second] = [await pool.connect(), await pool.connect()];
    server.made[0]?.emit("end");
    expect([pool.open, changed.mock.calls.length]).toEqual([1, 1]);
    server.closes = false;
    second.release(true);
    await turn();
    expect(pool.open).toBe(1);
    server.made[1]?.close();
    expect(pool.open).toBe(0);
    first.release(true);
  });

  test("that breaks while it is in use ends no process", async () => {
    const connection = await open().connect();
    expect(() => server.made[0]?.emit("error", new Error("broken"))).not.toThrow();
    connection.release(true);
  });

  test.each([
    [true, ["connect", "acquire", "release", "error", "remove"]],
    [false, ["connect", "acquire", "release", "remove"]],
  ])("that breaks while it is idle is told to whoever listens: %s", async (isHeard, events) => {
    outer.isHeard = () => isHeard;
    (await open().connect()).release();
    server.made[0]?.emit("error", new Error("broken"));
    await turn();
    expect(heard).toEqual(events);
  });
});

describe("the end", () => {
  test("comes once the server has closed every connection, and not before", async () => {
    const pool = open();
    const [first, second] = [await pool.connect(), await pool.connect()];
    server.closes = false;
    const over = vi.fn<() => void>();
    const ending = pool.end().then(over);
    first.release();
    second.release();
    await turn();
    server.made[0]?.close();
    await turn();
    expect([over.mock.calls.length, outer.pools.size]).toEqual([0, 1]);
    server.made[1]?.close();
    await ending;
    expect([pool.open, outer.pools.size]).toEqual([0, 0]);
  });
});

describe("a login that fails", () => {
  const noRule = Object.assign(new pg.DatabaseError("canary", 6, "error"), {
    code: "28000",
    routine: "ClientAuthentication",
  });

  test.each([
    [undefined, "credential-refused"],
    [false, "tls-refused"],
  ])("where the server has no rule for it is explained by whether TLS was asked for: %s", (ssl, code) => {
    expect(open({ ssl }).explain(noRule)).toMatchObject({ code });
  });

  test("for want of a host names the setting that may have it", () => {
    expect(() => open({}, { username: "u", password: "p" })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("pool.host") }),
    );
  });
});
