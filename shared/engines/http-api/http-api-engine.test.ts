import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IssuedRotation, issuedRotation } from "../../../tests/support/issued-rotation.ts";
import { exampleAt, type SaasServer, startSaas } from "../../../tests/support/saas-server.ts";
import { confluent, entra, grafana, type SaasShape, saasShapes, sendgrid } from "../../../tests/support/saas-shapes.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type { DatabaseEngine, DatabaseTarget, Rehearsal } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memorySecretId } from "../../testing/memory-rotation.ts";
import { httpApiEngine } from "./http-api-engine.ts";
import { readDescriptions } from "./read-descriptions.ts";

const call: CallOptions = { signal: new AbortController().signal };
const account = "42";
const first = { id: "1", key: "canary-first", label: "made by hand", account };
const current = { username: first.id, password: new SecretValue(first.key) };
let server: SaasServer;

async function start(shape: SaasShape): Promise<void> {
  await server?.stop();
  server = await startSaas(shape);
  server.give(first);
}
beforeEach(async () => start(sendgrid));
afterEach(async () => server.stop());

function engineFor(name: SaasShape["name"], waits: number[] = []): DatabaseEngine & CredentialIssuer {
  let nowMs = 0;
  return httpApiEngine({
    apis: readDescriptions(exampleAt(name, `http://127.0.0.1:${server.port}`), () => true),
    grants: new Map([[memorySecretId, { api: name, account }]]),
    isGranted: () => true,
    async pause(ms) {
      waits.push(ms);
      nowMs += ms;
    },
    nowMs: () => nowMs,
  });
}
const targetOf = (secretName = memorySecretId): DatabaseTarget => ({
  secretName,
  engine: "http-api",
  host: "nothing.invalid",
  port: 1,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
});
const rotationOf = (name: SaasShape["name"], tags: Readonly<Record<string, string>> = {}): IssuedRotation =>
  issuedRotation(
    engineFor(name),
    { engine: "http-api", host: "nothing.invalid", username: first.id, password: first.key },
    tags,
  );
const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const ids = (): readonly string[] => [...server.keys.keys()].toSorted();
const idsOf = (rotation: IssuedRotation, ...labels: readonly string[]): readonly string[] =>
  labels.map((label) => rotation.stored(label).username).toSorted();

describe.each(saasShapes)("a rotation at an API like $name", (shape) => {
  beforeEach(async () => start(shape));

  test("leaves the current key and the one before, and whatever somebody made by hand", async () => {
    server.give({ id: "7", key: "theirs", label: null, account });
    const rotation = rotationOf(shape.name);
    await rotation.rotate("v1");
    expect(ids()).toEqual([first.id, "7", rotation.stored("AWSCURRENT").username].toSorted());
    await rotation.rotate("v2");
    await rotation.rotate("v3");
    expect(ids()).toEqual([first.id, "7", ...idsOf(rotation, "AWSCURRENT", "AWSPREVIOUS")].toSorted());
    const { username, password } = rotation.stored("AWSCURRENT");
    expect(server.keys.get(username)?.key).toBe(password.reveal());
    expect(server.refusals).toBe(0);
  });

  test("with a grace period ends the key before when it is over", async () => {
    const rotation = rotationOf(shape.name, { "rekey:grace": "0m" });
    await rotation.rotate("v1");
    await rotation.rotate("v2");
    for (let repetition = 0; repetition < 2; repetition++) {
      expect(await rotation.run("retirePrevious", "v2")).toBe("done");
      expect(ids()).toEqual([first.id, rotation.stored("AWSCURRENT").username].toSorted());
    }
  });

  test.each([false, true])(
    "cut at any request (after it took effect: %s) converges when it is repeated, and no stored key stops",
    async (takesEffect) => {
      for (let at = 0, requests = 0; at <= requests; at++) {
        await start(shape);
        const rotation = rotationOf(shape.name);
        await rotation.rotate("v1");
        await rotation.rotate("v2");
        const before = server.requests.length;
        server.cut(at, takesEffect);
        await rotation.rotate("v3", 2);
        if (at === 0) requests = server.requests.length - before;
        expect({ at, ids: ids() }).toEqual({
          at,
          ids: [first.id, ...idsOf(rotation, "AWSCURRENT", "AWSPREVIOUS")].toSorted(),
        });
        expect(requests).toBeGreaterThan(3);
      }
    },
  );

  test("whose new key does not work is rolled back: AWSPENDING is gone, the current key works", async () => {
    const rotation = rotationOf(shape.name);
    rotation.store.beginRotation("v1");
    await rotation.run("createSecret", "v1");
    server.take(rotation.stored("AWSPENDING").username);
    await expect(rotation.run("testSecret", "v1")).rejects.toMatchObject({ code: "credential-refused" });
    expect([rotation.store.versionIdOf("AWSPENDING"), rotation.stored("AWSCURRENT").username]).toEqual([
      undefined,
      first.id,
    ]);
  });

  test("prints nothing of a key, whatever the API answers", async () => {
    server.intercept = (_request, answer) => Boolean(answer.writeHead(500).end("canary-first"));
    const error = await failure(engineFor(shape.name).issue(targetOf(), current, call));
    expect(error).toMatchObject({ code: "database-failed" });
    expect(inspect(error)).not.toContain("canary");
  });
});

describe("a new key that is refused for a while", () => {
  test.each([entra, confluent])(
    "is tried until it works, where the description of $name has settles",
    async (shape) => {
      await start(shape);
      server.hideNewKeysFor(3);
      const waits: number[] = [];
      const next = await engineFor(shape.name, waits).issue(targetOf(), current, call);
      expect(waits).toEqual([1_000, 1_000, 1_000]);
      expect(await engineFor(shape.name).login(targetOf(), next, call)).toMatchObject({ ok: true });
    },
  );

  test("for longer than that is stored all the same, for testSecret to judge", async () => {
    await start(confluent);
    server.hideNewKeysFor(1_000);
    const waits: number[] = [];
    const next = await engineFor("confluent", waits).issue(targetOf(), current, call);
    expect([waits.length, server.keys.has(next.username)]).toEqual([30, true]);
  });
});

describe("what the API answers", () => {
  test.each([
    [302, {}, { code: "database-failed", hint: expect.stringContaining("redirects") }],
    [400, {}, { code: "database-failed", hint: expect.stringContaining("no room for another key") }],
    [401, {}, { code: "credential-refused", hint: expect.stringContaining("put a working key") }],
    [403, {}, { code: "database-rights-missing", hint: expect.stringContaining("may not create") }],
    [404, {}, { code: "option-invalid", context: { option: "REKEY_HTTP_APIS", place: "sendgrid.create" } }],
    [409, {}, { code: "database-failed", hint: expect.stringContaining("no room for another key") }],
    [
      429,
      { "retry-after": "7" },
      { code: "database-busy", retryAfterMs: 7_000, hint: expect.stringContaining("limit") },
    ],
    [503, {}, { code: "database-busy" }],
  ])("to the making of a key, %d with %j, is a typed error with what to do", async (status, headers, error) => {
    server.intercept = ({ method }, answer) => method === "POST" && Boolean(answer.writeHead(status, headers).end());
    await expect(engineFor("sendgrid").issue(targetOf(), current, call)).rejects.toMatchObject(error);
    expect(ids()).toEqual([first.id]);
  });

  test.each([
    ["no JSON", "canary"],
    ["no list", '{"result":{"length":1}}'],
    ["a key without an id", '{"result":[{"name":"x"}]}'],
    ["an id that is a dot segment", '{"result":[{"api_key_id":".."}]}'],
    ["an id with a line break", '{"result":[{"api_key_id":"a\\r\\nb"}]}'],
    ["an id of 5,000 characters", `{"result":[{"api_key_id":"${"x".repeat(5_000)}"}]}`],
    ["half a character", '{"result":[{"api_key_id":"\\ud800"}]}'],
    ["null", "null"],
    ["an answer without end", `{"result":["${"x".repeat(2_000_000)}"]}`],
  ])("to the list, %s, is server-misbehaved, and nothing else is asked", async (_what, text) => {
    server.intercept = (_request, answer) => Boolean(answer.end(text));
    const error = await failure(engineFor("sendgrid").revokeOthers(targetOf(), current, call));
    expect(error).toMatchObject({ code: "server-misbehaved" });
    expect(inspect(error)).not.toContain("canary");
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["no key", '{"api_key_id":"2"}'],
    ["the current key's id", '{"api_key_id":"1","api_key":"k"}'],
    ["a key with a line break", '{"api_key_id":"2","api_key":"a\\r\\nb"}'],
    ["a key of 5,000 characters", `{"api_key_id":"2","api_key":"${"x".repeat(5_000)}"}`],
  ])("to the making of a key, %s, is server-misbehaved", async (_what, text) => {
    server.intercept = ({ method }, answer) => method === "POST" && Boolean(answer.end(text));
    const error = await failure(engineFor("sendgrid").issue(targetOf(), current, call));
    expect(error).toMatchObject({ code: "server-misbehaved" });
  });

  test.each([
    ["a next page", "confluent", { data: [], metadata: { next: "https://x" } }, {}],
    ["a link to a next page", "grafana", [], { link: '</x?page=2>; rel="next"' }],
    ["501 keys", "grafana", Array.from({ length: 501 }, (_, id) => ({ id, name: "x" })), {}],
  ] as const)("to the list, %s, ends the rotation before anything is changed", async (_what, name, body, headers) => {
    server.intercept = ({ method }, answer) =>
      method === "GET" && Boolean(answer.writeHead(200, headers).end(JSON.stringify(body)));
    const error = await failure(engineFor(name).issue(targetOf(), current, call));
    expect(error).toMatchObject({ code: "account-unsupported" });
    expect(server.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("never, ends with the call", async () => {
    const abort = new AbortController();
    server.intercept = () => {
      abort.abort();
      return true;
    };
    expect(await failure(engineFor("sendgrid").login(targetOf(), current, abort))).toMatchObject({
      code: "time-budget-spent",
    });
  });
});

test("a user name that is no listed id is refused by a rotation and foretold by a rehearsal; no key is revoked", async () => {
  await start(grafana);
  const engine = engineFor("grafana");
  const mistaken = { ...current, username: "my-service" };
  const malformed = { code: "secret-malformed", context: { field: "username" } };
  await expect(engine.issue(targetOf(), mistaken, call)).rejects.toMatchObject(malformed);
  const login = await engine.login(targetOf(), mistaken, call);
  const session = (login.ok ? login.session : undefined) as unknown as Rehearsal;
  await expect(session.rehearse({ method: "issue", current: mistaken }, call)).rejects.toMatchObject(malformed);
  expect(ids()).toEqual([first.id]);
});

test("a grant of an API that is not described does not start", () => {
  const grants = new Map([["prod/mail", { api: "sendgird", account: "" }]]);
  const options = { apis: new Map(), grants, isGranted: () => false, pause: async () => undefined };
  expect(() => httpApiEngine(options)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ api: "sendgird" }) }),
  );
});
