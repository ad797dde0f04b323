import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IssuedRotation, issuedRotation } from "../../../tests/support/issued-rotation.ts";
import { type KeyServer, startKeyServer } from "../../../tests/support/key-server.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { httpApiKeyEngine } from "./http-api-key-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = httpApiKeyEngine(() => true);
const first = { username: "first", password: new SecretValue("canary-first") };
let server: KeyServer;

beforeEach(async () => {
  server = await startKeyServer();
  server.give("first", "canary-first");
});
afterEach(async () => server.stop());

const targetOf = (change: Partial<DatabaseTarget> = {}): DatabaseTarget => ({
  engine: "http-api-key",
  host: "127.0.0.1",
  port: server.port,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
  ...change,
});
const rotationOf = (tags: Readonly<Record<string, string>> = {}): IssuedRotation =>
  issuedRotation(
    engine,
    {
      engine: "http-api-key",
      host: "127.0.0.1",
      port: server.port,
      ssl: false,
      username: "first",
      password: "canary-first",
    },
    tags,
  );
const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("a rotation", () => {
  test("leaves the current key and the one before; the one before that is gone", async () => {
    const rotation = rotationOf();
    await rotation.rotate("v1");
    const second = rotation.stored("AWSCURRENT");
    expect([...server.keys.keys()]).toEqual(["first", second.username]);
    await rotation.rotate("v2");
    const third = rotation.stored("AWSCURRENT");
    expect([...server.keys.keys()]).toEqual([second.username, third.username]);
    expect(server.keys.get(third.username)).toBe(third.password.reveal());
  });

  test("with a grace period ends the key before when it is over", async () => {
    const rotation = rotationOf({ "rekey:grace": "0m" });
    await rotation.rotate("v1");
    expect(await rotation.run("retirePrevious", "v1")).toBe("done");
    expect([...server.keys.keys()]).toEqual([rotation.stored("AWSCURRENT").username]);
    expect(await rotation.run("retirePrevious", "v1")).toBe("done");
  });

  test.each([false, true])(
    "cut at any request (after it took effect: %s) converges when it is repeated, and AWSCURRENT never stops",
    async (takesEffect) => {
      for (let at = 0, requests = 0; at <= requests; at++) {
        await server.stop();
        server = await startKeyServer();
        server.give("first", "canary-first");
        server.give("stale", "canary-stale");
        const rotation = rotationOf();
        server.cut(at, takesEffect);
        await rotation.rotate("v1", 2);
        if (at === 0) requests = server.requests.length;
        const current = rotation.stored("AWSCURRENT");
        expect({ at, keys: [...server.keys] }).toEqual({
          at,
          keys: [
            ["first", "canary-first"],
            [current.username, current.password.reveal()],
          ],
        });
        expect(requests).toBe(5);
      }
    },
  );

  test("whose new key does not work is rolled back: AWSPENDING is gone, the current key works", async () => {
    const rotation = rotationOf();
    rotation.store.beginRotation("v1");
    await rotation.run("createSecret", "v1");
    server.take(rotation.stored("AWSPENDING").username);
    await expect(rotation.run("testSecret", "v1")).rejects.toMatchObject({ code: "credential-refused" });
    expect([rotation.store.versionIdOf("AWSPENDING"), rotation.stored("AWSCURRENT").username]).toEqual([
      undefined,
      "first",
    ]);
  });
});

describe("a request", () => {
  test("shows the key in the header that the tag names", async () => {
    await server.stop();
    server = await startKeyServer(undefined, "x-api-key");
    server.give("first", "canary-first");
    const options = new Map([
      ["rekey:api-header", "X-Api-Key"],
      ["rekey:api-test-path", "/keys"],
    ]);
    expect(await engine.login(targetOf({ options }), first, call)).toMatchObject({ ok: true });
    expect(server.requests).toMatchObject([{ method: "GET", path: "/keys", headers: { "x-api-key": "canary-first" } }]);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test.each([
    [401, {}, "bad-credential"],
    [403, {}, "bad-credential"],
  ])("that is answered %d is a refused key", async (status, headers, refusal) => {
    server.intercept = (_request, answer) => Boolean(answer.writeHead(status, headers).end());
    expect(await engine.login(targetOf(), first, call)).toEqual({ ok: false, refusal });
  });

  test.each([
    [302, { location: "http://127.0.0.1:1/canary" }, "database-failed"],
    [307, { location: "/keys" }, "database-failed"],
    [404, {}, "option-invalid"],
    [500, {}, "database-failed"],
    [503, {}, "database-busy"],
  ])("that is answered %d with %j is %s", async (status, headers, code) => {
    server.intercept = (_request, answer) => Boolean(answer.writeHead(status, headers).end("canary-first"));
    const error = await failure(engine.login(targetOf(), first, call));
    expect(error).toMatchObject({ code });
    expect(inspect(error)).not.toContain("canary");
    expect(server.requests).toHaveLength(1);
  });

  test("beyond the rate limit says when to come again", async () => {
    server.intercept = (_request, answer) => Boolean(answer.writeHead(429, { "retry-after": "7" }).end());
    const error = await failure(engine.issue(targetOf(), first, call));
    expect(error).toMatchObject({ code: "database-busy", retryAfterMs: 7_000 });
  });

  test.each([
    ["no JSON", "canary"],
    ["no list", "{}"],
    ["a key without an id", '{"keys":[{"id":7}]}'],
    ["null", "null"],
    ["an object with a length", '{"keys":{"length":1}}'],
    ["no key", '{"keys":[null]}'],
    ["an id of 5,000 characters", `{"keys":[{"id":"${"x".repeat(5_000)}"}]}`],
    ["lists in lists", "[".repeat(100_000)],
    ["an answer without end", `{"keys":["${"x".repeat(2_000_000)}"]}`],
  ])("that lists keys and is answered with %s is server-misbehaved", async (_what, text) => {
    server.intercept = (_request, answer) => Boolean(answer.end(text));
    const error = await failure(engine.revokeOthers(targetOf(), first, call));
    expect(error).toMatchObject({ code: "server-misbehaved" });
    expect(inspect(error)).not.toContain("canary");
  });

  test.each([
    ["rekey:api-path", "keys"],
    ["rekey:api-path", "/a/../b"],
    ["rekey:api-header", "X: y"],
  ])("with the tag %s=%s is not made", async (tag, value) => {
    const asked = engine.login(targetOf({ options: new Map([[tag, value]]) }), first, call);
    await expect(asked).rejects.toMatchObject({ code: "option-invalid", context: { option: tag } });
    expect(server.requests).toEqual([]);
  });

  test("with a key that cannot stand in a header is not made", async () => {
    const broken = { username: "first", password: new SecretValue("canary\r\nx: y") };
    const error = await failure(engine.login(targetOf(), broken, call));
    expect(error).toMatchObject({ code: "secret-malformed" });
    expect(inspect(error)).not.toContain("canary");
  });

  test("that gets no answer is database-timeout, and ends with the call", async () => {
    server.intercept = () => true;
    expect(await failure(engine.login(targetOf(), first, call))).toMatchObject({ code: "database-timeout" });
    const abort = new AbortController();
    server.intercept = () => {
      abort.abort();
      return true;
    };
    expect(await failure(engine.login(targetOf(), first, abort))).toMatchObject({ code: "time-budget-spent" });
  });

  test.each([
    ["a closed port", { port: 1 }, "database-unreachable"],
    ["a server without TLS", { tls: { mode: "verify-full" } }, "tls-refused"],
    ["TLS that is not verified", { tls: { mode: "require" } }, "tls-refused"],
  ] as const)("to %s is an error, and shows no key", async (_what, change, code) => {
    expect(await failure(engine.login(targetOf(change), first, call))).toMatchObject({ code });
    expect(server.requests).toEqual([]);
  });

  test("that is cut is connection-lost", async () => {
    server.cut(1, false);
    expect(await failure(engine.login(targetOf(), first, call))).toMatchObject({ code: "connection-lost" });
  });
});
