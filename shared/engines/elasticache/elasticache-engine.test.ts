import { inspect } from "node:util";
import { CreateUserCommand } from "@aws-sdk/client-elasticache";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheUserRotation, userServerInMemory } from "../../../tests/support/cache-user-rotation.ts";
import { type CacheUsersApi, startCacheUsersApi } from "../../../tests/support/cache-users-api.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CacheUsers } from "../../ports/cache-users.ts";

const server = userServerInMemory();
const first = "canary-first-3f6a0b9d";
let api: CacheUsersApi;
let serial = 0;

beforeAll(async () => {
  api = await startCacheUsersApi(1, server);
});
afterAll(async () => api.stop());

/** The secret of AWS's sample function, and its user with one password. */
async function sample(): Promise<{ readonly username: string; readonly password: string; readonly user_arn: string }> {
  const username = `app-${++serial}`;
  return { username, password: first, user_arn: await api.create({ username, password: first }) };
}

/** The calls, with one of them cut. */
function cutting(at: number, takesEffect: boolean, after: () => void): { users: CacheUsers; made(): number } {
  let made = 0;
  const cut = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const isCut = ++made === at;
    if (isCut && !takesEffect) throw new RekeyError("database-unreachable");
    const answer = await work();
    after();
    if (isCut) throw new RekeyError("connection-lost");
    return answer;
  };
  return {
    users: {
      describe: async (arn, call) => cut(async () => api.users.describe(arn, call)),
      setPasswords: async (arn, passwords, call) => cut(async () => api.users.setPasswords(arn, passwords, call)),
    },
    made: () => made,
  };
}

test("AWS's sample secret, which names no server: both passwords log in until the old one is retired, and nothing else of it changes", async () => {
  const value = await sample();
  const rotation = cacheUserRotation(api.users, value);
  await rotation.rotate("v1");
  const next = rotation.passwordAt("AWSCURRENT");
  expect(JSON.parse(rotation.store.labelled("AWSCURRENT")?.value.reveal() ?? "")).toEqual({ ...value, password: next });
  expect([server.accepts(value.username, first), server.accepts(value.username, next)]).toEqual([true, true]);
  await rotation.run("retirePrevious", "v1");
  expect([server.accepts(value.username, first), server.accepts(value.username, next)]).toEqual([false, true]);
});

test("a retirement that is repeated finds nothing left to change", async () => {
  const cut = cutting(0, false, () => undefined);
  const changes: string[] = [];
  const users: CacheUsers = {
    describe: cut.users.describe,
    async setPasswords(arn, passwords, call) {
      changes.push(arn);
      return cut.users.setPasswords(arn, passwords, call);
    },
  };
  const rotation = cacheUserRotation(users, await sample());
  await rotation.rotate("v1");
  for (let times = 0; times < 2; times++) await rotation.run("retirePrevious", "v1");
  expect(changes).toHaveLength(2);
});

test.each([false, true])(
  "cut at any call of the service (after it took effect: %s), it converges, and at every moment a stored version logs in",
  async (takesEffect) => {
    let calls = 0;
    for (let at = 0; at <= calls; at++) {
      const value = await sample();
      const lockedOut: number[] = [];
      const cut = cutting(at, takesEffect, () => {
        if (!rotation.passwords().some((password) => server.accepts(value.username, password)))
          lockedOut.push(cut.made());
      });
      const rotation = cacheUserRotation(cut.users, value);
      await rotation.rotate("v1", 2);
      if (at === 0) calls = cut.made();
      await rotation.rotate("v2", 2);
      expect({
        at,
        lockedOut,
        accepts: [first, rotation.passwordAt("AWSPREVIOUS"), rotation.passwordAt("AWSCURRENT")].map((password) =>
          server.accepts(value.username, password),
        ),
      }).toEqual({ at, lockedOut: [], accepts: [false, true, true] });
    }
    expect(calls).toBeGreaterThan(5);
  },
);

test("a secret that names another team's user is refused before the service is asked, and that user stays as it was", async () => {
  const own = await sample();
  const theirs = await sample();
  const cut = cutting(0, false, () => undefined);
  const attack = cacheUserRotation(cut.users, { ...theirs, password: "canary-invented-0123" }, ({ arn }) => {
    return arn === own.user_arn;
  });
  const error: unknown = await attack.rotate("v1").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "option-invalid",
    context: { option: "user_arn", user: theirs.user_arn, problem: "not granted to this secret" },
    hint: expect.stringContaining(`=${theirs.user_arn} to REKEY_CACHE_USERS`),
  });
  expect(inspect(error)).not.toContain("canary");
  expect(cut.made()).toBe(0);
  expect([first, "canary-invented-0123"].map((password) => server.accepts(theirs.username, password))).toEqual([
    true,
    false,
  ]);
});

test.each([
  ["an ARN of another account, whose id exists here too", "user_arn", /123456789012(?=:user)/, "999999999999"],
  ["another user's name", "username", /^app/, "other"],
] as const)("%s is refused, and nothing is changed", async (_what, field, from, to) => {
  const value = await sample();
  const rotation = cacheUserRotation(api.users, { ...value, [field]: value[field].replace(from, to) });
  await expect(rotation.rotate("v1")).rejects.toMatchObject({ code: "secret-malformed", context: { field } });
  expect(await api.users.describe(value.user_arn, { signal: AbortSignal.timeout(5_000) })).toMatchObject({
    passwords: 1,
    status: "active",
  });
});

test.each([
  ["iam", "iam"],
  ["no-password-required", "no-password"],
] as const)("a user of the login %s would be locked out by a first password: refused", async (Type, property) => {
  const UserId = `kind-${++serial}`;
  const made = await api.client.send(
    new CreateUserCommand({
      UserId,
      UserName: UserId,
      Engine: "redis",
      AccessString: "on",
      AuthenticationMode: { Type },
    }),
  );
  const rotation = cacheUserRotation(api.users, { username: UserId, password: first, user_arn: made.ARN });
  await expect(rotation.rotate("v1")).rejects.toMatchObject({ code: "account-unsupported", context: { property } });
});

test("a user that is not there is credential-refused", async () => {
  const { user_arn, ...value } = await sample();
  const rotation = cacheUserRotation(api.users, { ...value, user_arn: `${user_arn}-none` });
  await expect(rotation.rotate("v1")).rejects.toMatchObject({
    code: "credential-refused",
    context: { status: "absent" },
  });
});

test("a secret without user_arn, or with one of another service, is told what it lacks", async () => {
  const { username } = await sample();
  const value = { engine: "elasticache", host: "cache", username, password: first };
  for (const user_arn of [undefined, "arn:aws:iam::123456789012:user/app"]) {
    const isNamed = user_arn !== undefined;
    const rotation = cacheUserRotation(api.users, { ...value, user_arn }, ({ arn }) => arn.includes(":elasticache:"));
    await expect(rotation.rotate("v1")).rejects.toMatchObject({
      code: isNamed ? "option-invalid" : "secret-malformed",
    });
  }
});

test("a change that is in progress is waited for; when the time is up the step says so, and the next invocation goes on", async () => {
  const value = await sample();
  const time = new AbortController();
  let isStuck = true;
  const slow: CacheUsers = {
    async describe(arn, call) {
      const user = await api.users.describe(arn, call);
      if (!isStuck || user === "absent") return user;
      time.abort();
      return { ...user, status: "modifying" };
    },
    setPasswords: api.users.setPasswords,
  };
  const rotation = cacheUserRotation(slow, value);
  rotation.store.beginRotation("v1");
  await rotation.run("createSecret");
  await expect(rotation.run("setSecret", "v1", { signal: time.signal })).rejects.toMatchObject({
    code: "time-budget-spent",
    disposition: "retry",
  });
  isStuck = false;
  for (const step of ["setSecret", "testSecret", "finishSecret"] as const) await rotation.run(step);
  expect(server.accepts(value.username, rotation.passwordAt("AWSCURRENT"))).toBe(true);
});

test("a change that somebody else began between the look and the call is waited for", async () => {
  const value = await sample();
  let isOthers = true;
  const raced: CacheUsers = {
    describe: api.users.describe,
    async setPasswords(arn, passwords, call) {
      if (isOthers) await api.users.setPasswords(arn, passwords.slice(0, 1), call);
      isOthers = false;
      return api.users.setPasswords(arn, passwords, call);
    },
  };
  const rotation = cacheUserRotation(raced, value);
  await rotation.rotate("v1");
  expect(server.accepts(value.username, rotation.passwordAt("AWSCURRENT"))).toBe(true);
});
