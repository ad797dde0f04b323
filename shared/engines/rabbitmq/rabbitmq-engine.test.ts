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
import { rabbitmqEngine } from "./rabbitmq-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = rabbitmqEngine();
const admin = { username: "rotator", password: new SecretValue("canary-admin") };
const next = { username: "app", password: new SecretValue("canary-next") };
const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };

const targetOf = (change: Partial<DatabaseTarget> = {}): DatabaseTarget =>
  loopbackTarget({ engine: "rabbitmq", dbname: "/", ...change });

type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>;
const administrator = { name: "rotator", tags: ["administrator"] };
const user = (name: string, more: object = {}): object => ({
  name,
  tags: [],
  password_hash: "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
  hashing_algorithm: "rabbit_password_hashing_sha256",
  ...more,
});

/** A broker with these answers, and for everything else what a broker says of nothing. */
async function withBroker(answers: Answers, work: (target: DatabaseTarget, broker: RogueHttp) => Promise<void>) {
  const broker = await startRogueHttp((line) => {
    const [, name = ""] = /^(\S+ \S+)/.exec(line) ?? [];
    const [status, body] = answers[name] ?? [404, { error: "Object Not Found", reason: "Not Found" }];
    return httpAnswer(status, body === undefined ? "" : JSON.stringify(body));
  });
  try {
    await work(targetOf({ port: broker.port }), broker);
  } finally {
    await broker.stop();
  }
}
const loggedIn: Answers = { "GET /api/whoami": [200, administrator] };

describe("a login", () => {
  test.each([
    ["a wrong password", 401, { error: "not_authorized", reason: "Login failed" }, "bad-credential"],
    ["a user of loopback alone", 401, { reason: "User can only log in via localhost" }, "login-not-allowed"],
  ])("%s is a refusal", async (_what, status, body, refusal) => {
    await withBroker({ "GET /api/whoami": [status, body] }, async (target) => {
      expect(await engine.login(target, next, call)).toMatchObject({ ok: false, refusal });
    });
  });

  test("a right password of a user that may not use the API logs in, and changes nothing", async () => {
    const body = { error: "not_authorised", reason: "Not management user" };
    await withBroker({ "GET /api/whoami": [401, body] }, async (target, broker) => {
      const login = await engine.login(target, next, call);
      if (!login.ok) throw new Error("refused");
      for (const work of [
        login.session.setPassword(next, call),
        login.session.syncPair(pair, next, call),
        login.session.rehearse({ method: "setPassword", credential: next }, call),
      ]) {
        expect(await rekeyFailure(work)).toMatchObject({ code: "database-rights-missing" });
      }
      expect(broker.requests).toHaveLength(1);
    });
  });

  test("what is not the management API is said to be none", async () => {
    await withBroker({ "GET /api/whoami": [302, undefined] }, async (target) => {
      expect(await rekeyFailure(engine.login(target, next, call))).toMatchObject({
        code: "server-misbehaved",
        hint: expect.stringContaining("management API"),
      });
    });
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

describe("a change", () => {
  test("of a password keeps the user's tags and sends a hash", async () => {
    const answers: Answers = {
      ...loggedIn,
      "GET /api/users/app": [200, user("app", { tags: "monitoring,team" })],
      "PUT /api/users/app": [204, undefined],
    };
    await withBroker(answers, async (target, broker) => {
      const login = await engine.login(target, admin, call);
      if (!login.ok) throw new Error("refused");
      await login.session.setPassword(next, call);
      expect(broker.requests.map((line) => line.split(" ", 2).join(" "))).toEqual([
        "GET /api/whoami",
        "GET /api/users/app",
        "PUT /api/users/app",
      ]);
    });
  });

  test.each([
    [
      "a user without a password",
      { "GET /api/users/app": [200, user("app", { password_hash: "" })] },
      "account-unsupported",
    ],
    ["a user that is gone", {}, "credential-refused"],
    [
      "an administrator no more",
      { "GET /api/users/app": [401, { reason: "Not administrator user" }] },
      "database-rights-missing",
    ],
    [
      "a password that changed meanwhile",
      { "GET /api/users/app": [401, { reason: "Login failed" }] },
      "credential-refused",
    ],
    ["a proxy's page", { "GET /api/users/app": [200, undefined] }, "server-misbehaved"],
    ["another user's answer", { "GET /api/users/app": [200, user("root")] }, "server-misbehaved"],
    ["a broker that starts", { "GET /api/users/app": [503, undefined] }, "database-busy"],
  ] as readonly [string, Answers, string][])("%s: %s changes nothing", async (_what, answers, code) => {
    await withBroker({ ...loggedIn, ...answers }, async (target, broker) => {
      const login = await engine.login(target, admin, call);
      if (!login.ok) throw new Error("refused");
      expect(await rekeyFailure(login.session.setPassword(next, call))).toMatchObject({ code });
      expect(broker.requests.filter((line) => !line.startsWith("GET "))).toEqual([]);
    });
  });

  test.each(["", ".", "..", "\ud800"])(
    "of a user named %j, which no path can hold, is refused before it is asked for",
    async (username) => {
      await withBroker(loggedIn, async (target, broker) => {
        const login = await engine.login(target, admin, call);
        if (!login.ok) throw new Error("refused");
        expect(await rekeyFailure(login.session.setPassword({ ...next, username }, call))).toMatchObject({
          code: "account-unsupported",
        });
        expect(broker.requests).toHaveLength(1);
      });
    },
  );

  test("a virtual host whose name would be another path is not written to", async () => {
    const answers: Answers = {
      ...loggedIn,
      "GET /api/users/app": [200, user("app")],
      "GET /api/users/app/permissions": [200, [{ vhost: "..", configure: "", write: "", read: "" }]],
    };
    await withBroker(answers, async (target, broker) => {
      const login = await engine.login(target, admin, call);
      if (!login.ok) throw new Error("refused");
      const alternate = { ...next, username: "app_clone" };
      expect(await rekeyFailure(login.session.syncPair(pair, alternate, call))).toMatchObject({
        code: "account-unsupported",
      });
      expect(broker.requests.filter((line) => !line.startsWith("GET "))).toEqual([]);
    });
  });

  test("an existing alternate that rekey did not make is no pair's", async () => {
    const answers: Answers = {
      ...loggedIn,
      "GET /api/users/app": [200, user("app")],
      // The mark of another pair's first user.
      "GET /api/users/app_clone": [200, user("app_clone", { tags: ["rekey-alternate-of-0123456789abcdef"] })],
    };
    await withBroker(answers, async (target, broker) => {
      const login = await engine.login(target, admin, call);
      if (!login.ok) throw new Error("refused");
      expect(await rekeyFailure(login.session.syncPair(pair, next, call))).toMatchObject({ code: "user-collision" });
      expect(broker.requests.filter((line) => !line.startsWith("GET "))).toEqual([]);
    });
  });
});

const lie = answersLike(
  [
    administrator,
    user("app"),
    [{ vhost: "/", configure: ".*", write: ".*", read: ".*" }],
    [{ user: "app", value: { "max-channels": 4 } }],
  ],
  5,
);

test("whatever a broker's JSON has in place of what it should have, a change ends in a result or a typed error", async () => {
  const status = fc.constantFrom(200, 200, 200, 204, 302, 400, 401, 404, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(status, lie), { minLength: 1, maxLength: 8 }), async (answers) => {
      const lies = inTurn(answers);
      const broker = await startRogueHttp((line) =>
        line.includes("whoami") ? httpAnswer(200, JSON.stringify(administrator)) : lies(),
      );
      try {
        const login = await engine.login(targetOf({ port: broker.port }), admin, call);
        if (!login.ok) return;
        const outcome: unknown = await login.session.syncPair(pair, next, call).catch((error: unknown) => error);
        expect(outcome instanceof RekeyError ? outcome.code : outcome).not.toBeInstanceOf(Error);
      } finally {
        await broker.stop();
      }
    }),
    { seed: 20_261_201, numRuns: sampledRuns(200) },
  );
});
