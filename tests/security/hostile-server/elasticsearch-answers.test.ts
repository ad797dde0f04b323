import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { elasticsearchEngine } from "../../../shared/engines/elasticsearch/elasticsearch-engine.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { DatabaseTarget, UserPair } from "../../../shared/ports/database-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { answersLike } from "../../support/answers-like.ts";
import { endless, httpAnswer, type HttpLie, startRogueHttp } from "../../support/rogue-http.ts";
import { sampledRuns } from "../../support/sampled.ts";

const engine = elasticsearchEngine();
const admin = { username: "rotator", password: new SecretValue("canary-admin-51c0") };
const next = { username: "app", password: new SecretValue("canary-next-51c0") };
const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };

const targetOf = (port: number): DatabaseTarget => ({
  engine: "elasticsearch",
  host: "127.0.0.1",
  port,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
});
const says = (status: number, body: unknown, header = "x-elastic-product: Elasticsearch"): string =>
  httpAnswer(status, JSON.stringify(body)).replace("connection", `${header}\r\nconnection`);

const me = { username: "rotator", metadata: {}, authentication_realm: { name: "default_native", type: "native" } };
const user = (username: string) => ({
  username,
  roles: ["orders"],
  full_name: null,
  email: null,
  metadata: {},
  enabled: true,
});
const both = { app: user("app"), app_clone: user("app_clone") };
const honest = { login: says(200, me), read: says(200, { app: user("app") }), change: says(200, {}) };
type Part = keyof typeof honest;

const partOf = (line: string): Part => {
  if (line.includes("_authenticate")) return "login";
  return line.startsWith("GET") ? "read" : "change";
};

const honestly = (line: string): string =>
  line.startsWith("GET /_security/user/app_clone ") ? says(404, {}) : honest[partOf(line)];

/** A login and both kinds of changes, as far as the server lets it come. */
async function stepOn(port: number, deadlineMs = 5_000): Promise<string> {
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  try {
    const login = await engine.login(targetOf(port), admin, call);
    if (!login.ok) return login.refusal;
    await using opened = login.session;
    await opened.setPassword(next, call);
    await opened.syncPair(pair, { ...next, username: pair.alternate }, call);
    await opened.inspect(["app", "app_clone"], call);
    return "done";
  } catch (error) {
    if (!(error instanceof RekeyError)) throw error;
    const leaks = /canary|own words/.test(JSON.stringify([error.context, error.hint, error.message]));
    return leaks ? "leaks" : error.code;
  }
}
async function lying(
  lies: Partial<Record<Part, HttpLie>>,
  deadlineMs?: number,
): Promise<readonly [string, readonly string[]]> {
  const { port, stop, requests } = await startRogueHttp((line) => lies[partOf(line)] ?? honestly(line));
  onTestFinished(stop);
  return [await stepOn(port, deadlineMs), requests];
}
const outcome = async (lies: Partial<Record<Part, HttpLie>>): Promise<string> => (await lying(lies))[0];

test("a server that does not lie is rotated, so that what follows is the lies' doing", async () => {
  expect(await outcome({})).toBe("done");
});

describe.each(["login", "read", "change"] as const)("in place of the answer to a %s", (part) => {
  const body = endless(
    Buffer.alloc(65_536, " "),
    `HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\ncontent-length: 99999999999\r\n\r\n`,
  );
  const headers = endless(`x-filler: ${"x".repeat(1_000)}\r\n`, "HTTP/1.1 200 OK\r\n");
  test.each<readonly [string, HttpLie]>([
    ["a body without an end", body],
    ["headers without an end", headers],
    ["what is not HTTP", "220 mail.example.com ESMTP\r\n"],
    ["two lengths", 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 11\r\n\r\n{"app":null}'],
  ])("%s is cut off, and not asked for again", async (_what, lie) => {
    const [end, requests] = await lying({ [part]: lie });
    expect(end).toBe("server-misbehaved");
    expect(requests.filter((line) => partOf(line) === part)).toHaveLength(1);
  });

  test("silence ends with the call", async () => {
    expect((await lying({ [part]: () => undefined }, 300))[0]).toBe("time-budget-spent");
  });

  test.each([301, 302, 307, 308])("a redirect (%d) is not followed", async (status) => {
    const elsewhere = await startRogueHttp(() => honest.login);
    onTestFinished(elsewhere.stop);
    const header = `x-elastic-product: Elasticsearch\r\nlocation: http://127.0.0.1:${elsewhere.port}/`;
    expect(await outcome({ [part]: says(status, {}, header) })).toBe("server-misbehaved");
    expect(elsewhere.requests).toEqual([]);
  });

  test("a refusal ends in rekey's words", async () => {
    const error = { error: { type: "security_exception", reason: "own words canary" } };
    expect(await outcome({ [part]: says(403, error) })).toBe("database-rights-missing");
    expect(await outcome({ [part]: says(400, error) })).toBe("database-failed");
  });
});

test.each([
  ["nobody", {}],
  ["another user", { ...me, username: "elastic" }],
  ["no realm", { username: "rotator" }],
])("a login that is taken for %s has not been judged", async (_what, body) => {
  expect(await outcome({ login: says(200, body) })).toBe("server-misbehaved");
});

test("a login that another server answers is not believed", async () => {
  expect(await outcome({ login: says(200, me, "server: nginx") })).toBe("server-misbehaved");
});

test.each([
  ["another user", { root: user("root") }],
  ["a user more", { ...both, root: user("root") }],
  ["another user under this name", { app: user("root") }],
  ["a list", [user("app")]],
  ["roles that are none", { app: { ...user("app"), roles: "superuser" } }],
  ["metadata that is none", { app: { ...user("app"), metadata: [] } }],
])("for a user the server shows %s: nothing is changed", async (_what, body) => {
  const [end, requests] = await lying({ read: says(200, body) });
  expect(end).toBe("server-misbehaved");
  expect(requests.filter((line) => partOf(line) === "change")).toEqual([]);
});

test("metadata of 100,000 levels ends in a typed error", async () => {
  const levels = 100_000;
  const metadata = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const body = `{"app":${JSON.stringify(user("app")).replace('"metadata":{}', `"metadata":${metadata}`)}}`;
  const answer = httpAnswer(200, body).replace("connection", "x-elastic-product: Elasticsearch\r\nconnection");
  expect(await outcome({ read: answer })).toMatch(/^(?:account-unsupported|server-misbehaved)$/);
});

test("whatever a server's JSON has in place of what it should have, a step ends in a result or a typed error", async () => {
  const status = fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503);
  const lie = answersLike([{ app: user("app") }, both, { has_all_requested: true }], 16);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(status, lie), { minLength: 1, maxLength: 8 }), async (answers) => {
      let index = 0;
      await using server = await startRogueHttp((line) => {
        if (partOf(line) === "login") return honest.login;
        const [code, body] = answers[index++ % answers.length] ?? [500, ""];
        return httpAnswer(code, body);
      });
      expect(await stepOn(server.port)).not.toBe("leaks");
    }),
    { seed: 20_261_202, numRuns: sampledRuns(200) },
  );
});
