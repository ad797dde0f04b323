import { createHash } from "node:crypto";
import bcrypt from "bcryptjs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answersLike } from "../../../tests/support/answers-like.ts";
import { httpAnswer, inTurn, type RogueHttp, startRogueHttp } from "../../../tests/support/rogue-http.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";
import { loopbackTarget } from "../../../tests/support/loopback-target.ts";
import { rekeyFailure } from "../../../tests/support/rekey-failure.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { bcryptHash } from "../connecting/bcrypt-hash.ts";
import { opensearchEngine, type OpensearchSession } from "./opensearch-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = opensearchEngine();
const admin = { username: "rotator", password: new SecretValue("canary-admin") };
const next = { username: "app", password: new SecretValue("canary-next") };
const alternate = { ...next, username: "app_clone" };
const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };

const targetOf = (change: Partial<DatabaseTarget> = {}): DatabaseTarget =>
  loopbackTarget({ engine: "opensearch", ...change });

type Answer = readonly [status: number, body: unknown];
type Answers = Readonly<Record<string, Answer | (() => Answer)>>;
type Work = (session: OpensearchSession, server: RogueHttp) => Promise<void>;
const loggedIn = { user_name: "rotator" };
const account = {
  hash: "",
  reserved: false,
  hidden: false,
  static: false,
  backend_roles: [],
  attributes: {},
  opendistro_security_roles: [],
};
const user = (name: string, more: object = {}): object => ({ [name]: { ...account, ...more } });
const mapping = (users: readonly string[], more: object = {}): object => ({
  orders: { users, reserved: false, ...more },
});

/** A server with these answers, at paths below the security plugin's, and for everything else what one says of nothing. */
async function withServer(answers: Answers, work: (target: DatabaseTarget, server: RogueHttp) => Promise<void>) {
  const server = await startRogueHttp((line) => {
    const name = line.replace("/_plugins/_security/", "").split(" ", 2).join(" ");
    const all: Answers = { "GET authinfo": [200, loggedIn], ...answers };
    const answer = all[name] ?? [404, { status: "NOT_FOUND" }];
    const [status, body] = typeof answer === "function" ? answer() : answer;
    return httpAnswer(status, body === undefined ? "" : JSON.stringify(body));
  });
  try {
    await work(targetOf({ port: server.port }), server);
  } finally {
    await server.stop();
  }
}
async function asAdmin(answers: Answers, work: Work): Promise<void> {
  await withServer(answers, async (target, server) => {
    const login = await engine.login(target, admin, call);
    if (!login.ok) throw new Error("refused");
    await work(login.session, server);
  });
}
const written = ({ requests }: RogueHttp): readonly string[] => requests.filter((line) => !line.startsWith("GET "));

describe("a login", () => {
  test("a wrong password is a refusal", async () => {
    await withServer({ "GET authinfo": [401, undefined] }, async (target) => {
      expect(await engine.login(target, next, call)).toEqual({ ok: false, refusal: "bad-credential" });
    });
  });

  test("a server that takes the credential for another user's has not judged it", async () => {
    await withServer({ "GET authinfo": [200, { user_name: "opendistro_security_anonymous" }] }, async (target) => {
      expect(await rekeyFailure(engine.login(target, next, call))).toMatchObject({ code: "server-misbehaved" });
    });
  });

  test.each([200, 401, 404])("Elasticsearch is refused by its name, whatever it answers: %d", async (status) => {
    const answer = httpAnswer(status, "{}").replace("connection", "x-elastic-product: Elasticsearch\r\nconnection");
    const server = await startRogueHttp(() => answer);
    try {
      expect(await rekeyFailure(engine.login(targetOf({ port: server.port }), next, call))).toMatchObject({
        code: "engine-unsupported",
        context: { product: "Elasticsearch" },
      });
    } finally {
      await server.stop();
    }
  });

  test.each(["require", "verify-ca"] as const)("mode %s is refused before anything is sent", async (mode) => {
    expect(await rekeyFailure(engine.login(targetOf({ tls: { mode } }), next, call))).toMatchObject({
      code: "tls-refused",
    });
  });

  test("a user name with a colon, which the login would end at, is refused before anything is sent", async () => {
    const work = engine.login(targetOf(), { ...next, username: "app:x" }, call);
    expect(await rekeyFailure(work)).toMatchObject({ code: "secret-malformed", context: { field: "username" } });
  });
});

describe("a hash", () => {
  test("is bcrypt's, in a form that OpenSearch takes, with a salt of its own", async () => {
    const [one, other] = [await bcryptHash(next.password), await bcryptHash(next.password)];
    expect(one.reveal()).toMatch(/^\$2[aby]\$10\$/);
    expect(one.reveal()).not.toBe(other.reveal());
    expect(await bcrypt.compare("canary-next", one.reveal())).toBe(true);
  });
});

describe("a change of a password", () => {
  test.each([
    ["a user that is not internal", {}, "account-unsupported"],
    ["a reserved user", { "GET api/internalusers/app": [200, user("app", { reserved: true })] }, "account-unsupported"],
    ["a hidden user", { "GET api/internalusers/app": [200, user("app", { hidden: true })] }, "account-unsupported"],
    [
      "no rights to the API",
      { "GET api/internalusers/app": [403, { status: "FORBIDDEN" }] },
      "database-rights-missing",
    ],
    ["a password that changed meanwhile", { "GET api/internalusers/app": [401, undefined] }, "credential-refused"],
    ["a proxy's page", { "GET api/internalusers/app": [200, undefined] }, "server-misbehaved"],
    ["another user's answer", { "GET api/internalusers/app": [200, user("root")] }, "server-misbehaved"],
    ["a server that starts", { "GET api/internalusers/app": [503, undefined] }, "database-busy"],
  ] as readonly [string, Answers, string][])("%s: changes nothing", async (_what, answers, code) => {
    await asAdmin(answers, async (session, server) => {
      expect(await rekeyFailure(session.setPassword(next, call))).toMatchObject({ code });
      expect(written(server)).toEqual([]);
    });
  });

  test.each(["", ".", "..", "\ud800"])("of a user named %j is refused before it is asked for", async (username) => {
    await asAdmin({}, async (session, server) => {
      expect(await rekeyFailure(session.setPassword({ ...next, username }, call))).toMatchObject({
        code: "account-unsupported",
      });
      expect(server.requests).toHaveLength(1);
    });
  });

  const probe = `api/internalusers/rekey-probe-${createHash("sha256").update("app").digest("hex").slice(0, 16)}`;
  const proven: Answers = {
    "GET api/internalusers/app": [200, user("app")],
    [`PUT ${probe}`]: [201, {}],
    [`GET ${probe}`]: [200, {}],
    [`DELETE ${probe}`]: [200, {}],
    "PATCH api/internalusers/app": [200, {}],
  };
  /** The second login is the probe's. */
  const asked = async (secondLogin: readonly [number, unknown], answers: Answers, work: Work) => {
    let logins = 0;
    await asAdmin(
      { ...proven, ...answers, "GET authinfo": () => (++logins === 1 ? [200, loggedIn] : secondLogin) },
      work,
    );
  };
  const of = (server: RogueHttp): readonly string[] => written(server).map((line) => line.split(" ", 1)[0] ?? "");

  test("is made once its hash has logged in as a user that is deleted again", async () => {
    await asked([200, { user_name: probe.slice(18) }], {}, async (session, server) => {
      await session.setPassword(next, call);
      expect(of(server)).toEqual(["PUT", "DELETE", "PATCH"]);
    });
  });

  test("is not made on a server that lets nobody in by bcrypt", async () => {
    await asked([401, undefined], {}, async (session, server) => {
      expect(await rekeyFailure(session.setPassword(next, call))).toMatchObject({
        code: "account-unsupported",
        context: { property: "no login by bcrypt" },
      });
      expect(of(server)).toEqual(["PUT", "DELETE"]);
    });
  });

  test("is tried again a few times where the user of the trial is gone", async () => {
    await asked([401, undefined], { [`GET ${probe}`]: [404, { status: "NOT_FOUND" }] }, async (session, server) => {
      expect(await rekeyFailure(session.setPassword(next, call))).toMatchObject({ code: "database-busy" });
      expect(of(server)).toEqual(["PUT", "DELETE", "PUT", "DELETE", "PUT", "DELETE"]);
    });
  });

  test("is rehearsed without a change", async () => {
    await asAdmin({ "GET api/internalusers/app": [200, user("app")] }, async (session, server) => {
      await session.rehearse({ method: "setPassword", credential: next }, call);
      expect(written(server)).toEqual([]);
    });
  });
});

describe("a pair", () => {
  const first: Answers = { "GET api/internalusers/app": [200, user("app")] };

  test("that is new gets the role mappings of its first user, then its password", async () => {
    const answers: Answers = {
      ...first,
      "GET api/rolesmapping": [200, { ...mapping(["app"]), other: { users: ["somebody"] } }],
      "PATCH api/rolesmapping/orders": [200, {}],
      "PUT api/internalusers/app_clone": [201, {}],
    };
    await asAdmin(answers, async (session, server) => {
      await session.syncPair(pair, alternate, call);
      expect(written(server).map((line) => line.split(" ", 2).join(" "))).toEqual([
        "PATCH /_plugins/_security/api/rolesmapping/orders",
        "PUT /_plugins/_security/api/internalusers/app_clone",
      ]);
    });
  });

  test("gets nothing where a pattern already names both", async () => {
    const answers: Answers = {
      ...first,
      "GET api/rolesmapping": [200, mapping(["app*"], { reserved: true })],
      "PUT api/internalusers/app_clone": [201, {}],
    };
    await asAdmin(answers, async (session, server) => {
      await session.syncPair(pair, alternate, call);
      expect(written(server)).toHaveLength(1);
    });
  });

  test.each([
    ["a reserved role mapping", mapping(["app"], { reserved: true })],
    ["a role mapping by a regular expression", mapping(["/app.*/"])],
    ["a role mapping by a pattern that the alternate user alone is like", mapping(["*_clone"])],
    ["a name that a role mapping takes for a pattern", mapping(["app"]), "app?"],
    ["a name that no URL can hold", { "..": { users: ["app"] } }],
  ])("is refused for %s, and nothing is changed", async (property, mappings, other = "app_clone") => {
    await asAdmin({ ...first, "GET api/rolesmapping": [200, mappings] }, async (session, server) => {
      const work = session.syncPair({ ...pair, alternate: other }, { ...next, username: other }, call);
      expect(await rekeyFailure(work)).toMatchObject({
        code: "account-unsupported",
        context: { property },
      });
      expect(written(server)).toEqual([]);
    });
  });

  test("an existing alternate that rekey did not make is no pair's", async () => {
    // The mark of another pair's first user.
    const attributes = { rekey_alternate_of: "0123456789abcdef" };
    const answers: Answers = {
      ...first,
      "GET api/internalusers/app_clone": [200, user("app_clone", { attributes })],
    };
    await asAdmin(answers, async (session, server) => {
      expect(await rekeyFailure(session.syncPair(pair, alternate, call))).toMatchObject({ code: "user-collision" });
      expect(written(server)).toEqual([]);
    });
  });
});

const lie = answersLike([user("app"), user("app_clone"), mapping(["app", "app_clone"])], 8);

test("whatever a server's JSON has in place of what it should have, a change ends in a result or a typed error", async () => {
  const status = fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(status, lie), { minLength: 1, maxLength: 8 }), async (answers) => {
      const lies = inTurn(answers);
      const server = await startRogueHttp((line) =>
        line.includes("authinfo") ? httpAnswer(200, JSON.stringify(loggedIn)) : lies(),
      );
      try {
        const login = await engine.login(targetOf({ port: server.port }), admin, call);
        if (!login.ok) return;
        const outcome: unknown = await login.session.syncPair(pair, next, call).catch((error: unknown) => error);
        expect(outcome instanceof RekeyError ? outcome.code : outcome).not.toBeInstanceOf(Error);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_202, numRuns: sampledRuns(200) },
  );
});
