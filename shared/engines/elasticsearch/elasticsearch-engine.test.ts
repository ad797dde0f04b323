import { describe, expect, onTestFinished, test } from "vitest";
import {
  type ElasticsearchStandIn,
  type KeptUser,
  quickUser,
  startElasticsearch,
} from "../../../tests/support/elasticsearch-server.ts";
import { httpAnswer, startRogueHttp } from "../../../tests/support/rogue-http.ts";
import { loopbackTarget } from "../../../tests/support/loopback-target.ts";
import { rekeyFailure } from "../../../tests/support/rekey-failure.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { elasticsearchEngine, type ElasticsearchSession } from "./elasticsearch-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = elasticsearchEngine();
const admin = { username: "rotator", password: new SecretValue("canary-admin") };
const current = { username: "app", password: new SecretValue("canary-current") };
const next = { username: "app", password: new SecretValue("canary-next") };
const alternate = { ...next, username: "app_clone" };
const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };

const targetOf = (change: Partial<DatabaseTarget> = {}): DatabaseTarget =>
  loopbackTarget({ engine: "elasticsearch", ...change });

async function started(app: Partial<KeptUser> = {}): Promise<ElasticsearchStandIn> {
  const server = await startElasticsearch();
  onTestFinished(server.stop);
  server.users.set("rotator", quickUser("canary-admin", ["manage_users"]));
  server.users.set("app", { ...quickUser("canary-current", ["orders"]), ...app });
  return server;
}
async function sessionOf({ port }: ElasticsearchStandIn, credential: Credential): Promise<ElasticsearchSession> {
  const login = await engine.login(targetOf({ port }), credential, call);
  if (!login.ok) throw new Error("refused");
  return login.session;
}
const accepts = async (server: ElasticsearchStandIn, { username, password }: Credential): Promise<boolean> =>
  server.accepts({ username, password: password.reveal() });
const written = ({ log }: ElasticsearchStandIn): readonly string[] =>
  log.filter((line) => !line.startsWith("GET ")).map((line) => line.split(" ", 2).join(" "));

async function answered(answer: string, root = answer): Promise<RekeyError> {
  const { port, stop } = await startRogueHttp((line) => (line.startsWith("GET / ") ? root : answer));
  onTestFinished(stop);
  return rekeyFailure(engine.login(targetOf({ port }), next, call));
}
const withHeader = (answer: string, header: string): string => answer.replace("connection", `${header}\r\nconnection`);

describe("a login", () => {
  test("a wrong password, and a disabled user, is a refusal", async () => {
    const server = await started();
    const refusal = { ok: false, refusal: "bad-credential" };
    expect(await engine.login(targetOf({ port: server.port }), next, call)).toEqual(refusal);
    server.users.set("app", { ...quickUser("canary-next"), enabled: false });
    expect(await engine.login(targetOf({ port: server.port }), next, call)).toEqual(refusal);
  });

  const unauthorized = httpAnswer(401, "Unauthorized");
  const noHandler = httpAnswer(400, '{"error":"no handler found for uri"}');
  test.each([
    ["realm", withHeader(unauthorized, 'www-authenticate: Basic realm="OpenSearch Security"'), undefined],
    ["header", withHeader(noHandler, "x-opensearch-version: OpenSearch/3.0.0 (opensearch)"), undefined],
    ["root", noHandler, httpAnswer(200, '{"version":{"distribution":"opensearch"}}')],
    ["refusal at the root", noHandler, withHeader(unauthorized, 'www-authenticate: Basic realm="OpenSearch Security"')],
  ])("OpenSearch is refused by its name: by its %s", async (_what, answer, root) => {
    expect(await answered(answer, root)).toMatchObject({
      code: "engine-unsupported",
      context: { product: "OpenSearch" },
    });
  });

  test("a refusal that does not come from Elasticsearch says nothing of the credential", async () => {
    expect(await answered(withHeader(unauthorized, 'www-authenticate: Basic realm="proxy"'))).toMatchObject({
      code: "server-misbehaved",
    });
  });

  test("a refusal of an older version is told by its realm", async () => {
    const answer = withHeader(unauthorized, 'www-authenticate: Basic realm="security" charset="UTF-8"');
    const { port, stop } = await startRogueHttp(() => answer);
    onTestFinished(stop);
    expect(await engine.login(targetOf({ port }), next, call)).toMatchObject({ refusal: "bad-credential" });
  });

  test("a balancer without a server behind it is busy", async () => {
    expect(await answered(httpAnswer(503, "<html>"))).toMatchObject({ code: "database-busy" });
  });

  test.each(["require", "verify-ca"] as const)("mode %s is refused before anything is sent", async (mode) => {
    expect(await rekeyFailure(engine.login(targetOf({ tls: { mode } }), next, call))).toMatchObject({
      code: "tls-refused",
    });
  });

  test("a user name with a colon is refused before anything is sent", async () => {
    const work = engine.login(targetOf(), { ...next, username: "app:x" }, call);
    expect(await rekeyFailure(work)).toMatchObject({ code: "secret-malformed", context: { field: "username" } });
  });
});

describe("a change of a password", () => {
  test("of one's own needs no right, and sends a hash alone", async () => {
    const server = await started();
    await (await sessionOf(server, current)).setPassword(next, call);
    expect(await accepts(server, next)).toBe(true);
    expect(written(server)).toEqual(["POST /_security/user/_password"]);
    expect(server.log.join()).toMatch(/"password_hash":"\$2a\$10\$/);
    expect(server.log.join()).not.toContain("canary");
  });

  test("of another user is made by an administrator, and needs its right", async () => {
    const server = await started();
    await (await sessionOf(server, admin)).setPassword(next, call);
    expect(await accepts(server, next)).toBe(true);
    const session = await sessionOf(server, next);
    expect(await rekeyFailure(session.setPassword({ ...next, username: "rotator" }, call))).toMatchObject({
      code: "database-rights-missing",
    });
  });

  test("by an algorithm that the server does not take is refused, and nothing is changed", async () => {
    const server = await started();
    server.takesHash = /^\{PBKDF2\}/u;
    for (const by of [admin, current]) {
      const session = await sessionOf(server, by);
      expect(await rekeyFailure(session.setPassword(next, call))).toMatchObject({
        code: "account-unsupported",
        context: { property: "no password by bcrypt" },
      });
    }
    const session = await sessionOf(server, admin);
    expect(await rekeyFailure(session.syncPair(pair, alternate, call))).toMatchObject({ code: "account-unsupported" });
    expect(await accepts(server, current)).toBe(true);
    expect([...server.users.keys()]).toEqual(["rotator", "app"]);
  });

  const deep = (levels: number): Readonly<Record<string, unknown>> => (levels === 0 ? {} : { inner: deep(levels - 1) });
  test.each([
    ["reserved", { metadata: { _reserved: true } }],
    ["disabled", { enabled: false }],
    ["metadata that is not kept", { metadata: { id: 2 ** 60 } }],
    ["metadata that is not kept", { metadata: deep(30) }],
  ])("of a user that is %s is refused, alone and in a pair, and nothing is changed", async (property, app) => {
    const server = await started(app);
    const session = await sessionOf(server, admin);
    for (const work of [session.setPassword(next, call), session.syncPair(pair, alternate, call)]) {
      expect(await rekeyFailure(work)).toMatchObject({ code: "account-unsupported", context: { property } });
    }
    expect(written(server)).toEqual([]);
  });

  test("of a user of another realm is refused, though the native realm has one of that name", async () => {
    const server = await started();
    server.ofFiles.set("app", "canary-of-files");
    const session = await sessionOf(server, { ...next, password: new SecretValue("canary-of-files") });
    const expected = { code: "account-unsupported", context: { property: "not in the native realm" } };
    expect(await rekeyFailure(session.setPassword(next, call))).toMatchObject(expected);
    expect(await rekeyFailure(session.readOwnAccount(call))).toMatchObject(expected);
    expect(await accepts(server, current)).toBe(true);
  });

  // By `_password` an administrator's session would change its own password, by a comma it would read two users.
  test.each(["", ".", "..", "\ud800", "_password", "_privileges", "app,rotator"])(
    "of a user named %j is refused before it is asked for",
    async (username) => {
      const server = await started();
      const session = await sessionOf(server, admin);
      const strange = { ...next, username };
      const strangePair = { ...pair, alternate: username };
      for (const work of [session.setPassword(strange, call), session.syncPair(strangePair, strange, call)]) {
        expect(await rekeyFailure(work)).toMatchObject({ code: "account-unsupported" });
      }
      expect(server.log).toHaveLength(1);
      expect(await accepts(server, admin)).toBe(true);
    },
  );

  test("is rehearsed without a change", async () => {
    const server = await started();
    const session = await sessionOf(server, admin);
    await session.rehearse({ method: "setPassword", credential: next }, call);
    await session.rehearse({ method: "syncPair", pair, next: alternate }, call);
    expect(written(server)).toEqual([]);
  });
});

describe("a pair", () => {
  const app = { roles: ["a", "b"], full_name: "App", email: "a@b.c", metadata: { team: { name: "x", at: [1] } } };

  test("that is new has everything of the first user, and a mark", async () => {
    const server = await started(app);
    await (await sessionOf(server, admin)).syncPair(pair, alternate, call);
    const { password: _password, metadata, ...rest } = server.users.get("app_clone") ?? quickUser("");
    const { metadata: team, ...wanted } = app;
    expect(rest).toEqual({ ...wanted, enabled: true });
    expect(metadata).toEqual({ ...team, rekey_alternate_of: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(await accepts(server, alternate)).toBe(true);
    expect(await accepts(server, current)).toBe(true);
  });

  test("in step is sent a password alone", async () => {
    const server = await started(app);
    const session = await sessionOf(server, admin);
    await session.syncPair(pair, alternate, call);
    for (const each of [next, alternate]) {
      server.forget();
      await session.syncPair(pair, each, call);
      expect(written(server)).toEqual([`POST /_security/user/${each.username}/_password`]);
    }
  });

  test.each([
    ["first, so the alternate keeps its password", next],
    ["alternate", alternate],
  ])("loses what the first user lost, when the next is the %s", async (_what, to) => {
    const server = await started(app);
    const session = await sessionOf(server, admin);
    await session.syncPair(pair, alternate, call);
    Object.assign(server.users.get("app") ?? {}, {
      roles: ["b"],
      email: null,
      metadata: { team: { name: "y" }, z: 1 },
    });
    await session.syncPair(pair, to, call);
    const { roles, email, metadata } = server.users.get("app_clone") ?? quickUser("");
    expect({ roles, email }).toEqual({ roles: ["b"], email: null });
    expect(metadata).toMatchObject({ team: { name: "y" }, z: 1 });
    expect(JSON.stringify(metadata)).not.toMatch(/"at":\[/);
    expect(await accepts(server, alternate)).toBe(true);
    server.forget();
    await session.syncPair(pair, to, call);
    expect(written(server)).toHaveLength(1);
  });

  test("an existing alternate that rekey did not make is no pair's", async () => {
    const server = await started();
    server.users.set("app_clone", { ...quickUser("x"), metadata: { rekey_alternate_of: "0123456789abcdef" } });
    const session = await sessionOf(server, admin);
    expect(await rekeyFailure(session.syncPair(pair, alternate, call))).toMatchObject({ code: "user-collision" });
    expect(written(server)).toEqual([]);
  });
});

test("what the doctor is told: version, whom the session may change, and whom rekey made", async () => {
  const server = await started();
  const administrator = await sessionOf(server, admin);
  await administrator.syncPair(pair, alternate, call);
  const seen = await administrator.inspect(["app", "app_clone", "nobody", "_odd"], call);
  expect(seen).toMatchObject({ version: "Elasticsearch 8.17.0", isSupported: true, isReadOnly: false });
  expect([...seen.users]).toEqual([
    ["app", { mayBeChanged: true, isOurAlternate: false }],
    ["app_clone", { mayBeChanged: true, isOurAlternate: true }],
    ["_odd", { mayBeChanged: false, isOurAlternate: false }],
  ]);
  const own = await (await sessionOf(server, current)).inspect(["app", "app_clone"], call);
  expect([...own.users.values()].map(({ mayBeChanged }) => mayBeChanged)).toEqual([true, false]);
});
