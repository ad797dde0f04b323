import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldCase, rotated, type Seen } from "./field-stage.ts";
import { strategy, type Staged, staged } from "./redis-stage.ts";

printFieldCases();

describe.skipIf(redisServer === undefined)("users of a Redis with an ACL file", () => {
  let here: Staged;
  beforeAll(async () => {
    here = await staged();
  });
  afterAll(async () => here[Symbol.asyncDispose]());

  const rotate = async (one: Omit<FieldCase, "strategy"> = {}): Promise<Seen> =>
    here.field.rotate({ strategy, ...one });
  const setUser =
    (...rules: readonly string[]) =>
    async ({ username }: Account): Promise<void> =>
      void (await here.redis.admin("ACL", "SETUSER", username, ...rules));

  test(
    "an ordinary user is rotated, and nothing is said of it",
    fieldCase("doctor does not see it", async () => {
      expect(await rotate()).toMatchObject({ ...rotated, warned: [] });
      expect(await rotate({ usesAdmin: true })).toMatchObject({ ...rotated, warned: [] });
    }),
  );

  test(
    "a password that another service uses still logs in after three rotations",
    fieldCase("an account rewritten", async () => {
      for (const usesAdmin of [true, false]) {
        const seen = await rotate({ usesAdmin, situate: setUser(">of-another-service") });
        expect(seen).toMatchObject({ ...rotated, warned: ["password-not-managed"] });
        await here.field.stage.rotate(seen.secretId);
        await here.field.stage.rotate(seen.secretId);
        const { username, password } = seen.account;
        const { redis } = here;
        expect([await redis.accepts(username, "of-another-service"), await redis.accepts(username, password)]).toEqual([
          true,
          false,
        ]);
      }
    }),
  );

  test(
    "a password of another service outlives grace periods",
    fieldCase("an account rewritten", async () => {
      const { stage } = here.field;
      const tags = { "rekey:grace": "0m" };
      const seen = await rotate({
        tags,
        situate: setUser("resetpass", ">of-another-service", ">own"),
        account: { password: "own" },
      });
      for (let rotation = 1; rotation <= 3; rotation++) {
        const versionId = await stage.rotate(seen.secretId);
        await stage.step("retirePrevious", seen.secretId, versionId);
      }
      expect(await here.redis.accepts(seen.account.username, "of-another-service")).toBe(true);
      const { passwords } = (await here.redis.admin("ACL", "GETUSER", seen.account.username)) as {
        passwords: unknown[];
      };
      expect(passwords).toHaveLength(2);
    }),
  );

  test(
    "a user that takes any password is refused by that name, and stays open to everyone",
    fieldCase("an account rewritten", async () => {
      const seen = await rotate({ situate: setUser("nopass") });
      expect(seen).toMatchObject({ foretold: ["account-unsupported"], codes: ["account-unsupported"] });
      expect(await here.redis.accepts(seen.account.username, "anything")).toBe(true);
    }),
  );

  test(
    "rights, keys, channels and selectors are what they were",
    fieldCase("an account rewritten", async () => {
      const rules = [
        "-@all",
        "+get",
        "resetkeys",
        "%R~a:*",
        "resetchannels",
        "&c",
        "(~s:* +set)",
        "skip-sanitize-payload",
      ];
      const rulesOf = async (username: string): Promise<unknown> => {
        const { passwords: _passwords, ...rest } = (await here.redis.admin("ACL", "GETUSER", username)) as Record<
          string,
          unknown
        >;
        return rest;
      };
      let before: unknown;
      const seen = await rotate({
        usesAdmin: true,
        async situate(account) {
          await setUser(...rules)(account);
          before = await rulesOf(account.username);
        },
      });
      expect(seen).toMatchObject(rotated);
      expect(await rulesOf(seen.account.username)).toEqual(before);
    }),
  );

  test(
    "a user that may not change itself needs an admin, and is told the command that lacks",
    fieldCase("one number, several causes", async () => {
      const situate = setUser("-@admin");
      const alone = await rotate({ situate });
      expect(alone).toMatchObject({ foretold: ["database-rights-missing"], codes: ["database-rights-missing"] });
      expect(alone.hints[0]).toContain("+acl|getuser");
      expect(await rotate({ usesAdmin: true, situate })).toMatchObject(rotated);
    }),
  );

  test.each([["acl|getuser"], ["acl|setuser"], ["acl|save"]])(
    "an admin without %s is told so beforehand, by that name",
    async (right) =>
      fieldCase("doctor does not see it", async () => {
        const { admin } = here.redis;
        await admin("ACL", "SETUSER", "rotator", `-${right}`);
        try {
          const seen = await rotate({ usesAdmin: true });
          expect(seen).toMatchObject({ foretold: ["database-rights-missing"], codes: ["database-rights-missing"] });
          expect(seen.hints[0]).toContain(`ACL SETUSER <admin> +${right}`);
        } finally {
          await admin("ACL", "SETUSER", "rotator", `+${right}`);
        }
      })(),
  );

  test(
    "an admin with its rights in a category, or in a selector, is one",
    fieldCase("doctor does not see it", async () => {
      const { admin } = here.redis;
      for (const rules of [
        ["-@all", "+@admin"],
        ["+@all", "-@dangerous", "+acl"],
        ["-@all", "(+acl|setuser +acl|getuser +acl|save)"],
      ]) {
        await admin("ACL", "SETUSER", "rotator", "clearselectors", ...rules);
        expect(await rotate({ usesAdmin: true })).toMatchObject(rotated);
      }
      await admin("ACL", "SETUSER", "rotator", "clearselectors", "-@all", "+acl|setuser", "+acl|getuser", "+acl|save");
    }),
  );

  test(
    "a user that is off is a refused credential before and in the step",
    fieldCase("one number, several causes", async () => {
      const seen = await rotate({ usesAdmin: true, situate: setUser("off") });
      expect(seen.foretold).toContain("credential-refused");
      expect(await here.redis.accepts(seen.account.username, seen.account.password)).toBe(false);
    }),
  );

  test(
    "a user that Sentinel is logged in by is pointed out",
    fieldCase("doctor does not see it", async () => {
      let sentinel: AsyncDisposable | undefined;
      const seen = await rotate({
        async situate({ username, password }) {
          const held = await here.redis.hold({ username, password });
          await held.run("CLIENT", "SETNAME", "sentinel-0123456789ab-cmd");
          sentinel = held;
        },
      });
      await sentinel?.[Symbol.asyncDispose]();
      expect(seen).toMatchObject({ ...rotated, warned: ["user-of-servers"] });
    }),
  );

  test(
    "a user that a replica is logged in by is pointed out",
    fieldCase("doctor does not see it", async () => {
      let replica: RedisUnderTest | undefined;
      const { host, port, admin } = here.redis;
      const seen = await rotate({
        async situate({ username, password }) {
          const config = [`replicaof ${host} ${port}`, `masteruser ${username}`, `masterauth ${password}`];
          replica = await startRedis(redisServer ?? "", { config });
          await expect.poll(async () => String(await admin("CLIENT", "LIST", "TYPE", "replica"))).toContain(username);
        },
      });
      await replica?.stop();
      expect(seen).toMatchObject({ ...rotated, warned: ["users-not-replicated", "user-of-servers"] });
    }),
  );

  test(
    "a replica is refused beforehand",
    fieldCase("one number, several causes", async () => {
      await here.redis.admin("REPLICAOF", "127.0.0.1", "1");
      try {
        expect(await rotate()).toMatchObject({ foretold: ["database-read-only"], codes: ["database-read-only"] });
      } finally {
        await here.redis.admin("REPLICAOF", "NO", "ONE");
      }
    }),
  );

  test(
    "a database number that the server does not have is found by both",
    fieldCase("doctor does not see it", async () => {
      const seen = await rotate({ fields: { dbname: "99" } });
      expect(seen).toMatchObject({ foretold: ["database-unknown"], codes: ["database-unknown"] });
    }),
  );
});
