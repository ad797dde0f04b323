import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-redis/strategies.ts";
import type { UnsavedChange } from "../../shared/engines/redis/redis-engine.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { type RedisOptions, redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";
import { certificate, key } from "../support/loopback-certificate.ts";
import { redisFixture, redisServerOf } from "../support/redis-fixture.ts";
import {
  type FieldCase,
  fieldCase,
  type FieldStage,
  printFieldCases,
  type Seen,
  startFieldStage,
} from "./field-stage.ts";

printFieldCases();

const unsaved: UnsavedChange[] = [];
const fixture = redisFixture(redisServer ?? "", (change) => unsaved.push(change));
type Strategies = Parameters<typeof startFieldStage>[2];
const strategiesOf: Strategies = (engine) => strategiesOn(engine as Parameters<typeof strategiesOn>[0]).strategies;
const strategy = "dual-password";
const rotated = { foretold: [], codes: [], logsIn: true };

interface Staged extends AsyncDisposable {
  readonly redis: RedisUnderTest;
  readonly field: FieldStage;
}

/** A server of its own for one situation. `as`: how the tests themselves reach it. */
async function staged(options: RedisOptions = {}, as = (redis: RedisUnderTest) => redis): Promise<Staged> {
  const redis = as(await startRedis(redisServer ?? "", options));
  const server = await redisServerOf(redis);
  const field = await startFieldStage(fixture, server, strategiesOf);
  return {
    redis,
    field,
    async [Symbol.asyncDispose]() {
      await field.stop();
      await redis.stop();
    },
  };
}

const passwordOf = async ({ stage }: FieldStage, secretId: string): Promise<string> => {
  const value = JSON.parse((await stage.read(secretId, "AWSCURRENT")) ?? "{}") as { readonly password: string };
  return value.password;
};

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

describe.skipIf(redisServer === undefined)("servers as they are set up", () => {
  test(
    "one without any file for its users: a finding before, a report after",
    fieldCase("doctor does not see it", async () => {
      await using here = await staged({ users: "none" });
      for (const usesAdmin of [false, true]) {
        unsaved.length = 0;
        const seen = await here.field.rotate({ strategy, usesAdmin });
        expect(seen).toMatchObject({ ...rotated, warned: ["change-until-restart"] });
        expect(unsaved).toMatchObject([{ code: "change-until-restart", user: seen.account.username }]);
      }
    }),
  );

  test(
    "one that keeps users in its configuration: whoever may rewrite that, keeps them",
    fieldCase("doctor does not see it", async () => {
      await using here = await staged({ users: "config-file" });
      unsaved.length = 0;
      expect(await here.field.rotate({ strategy })).toMatchObject({ ...rotated, warned: [] });
      expect(unsaved).toEqual([]);
      const byAdmin = await here.field.rotate({ strategy, usesAdmin: true });
      expect([byAdmin.warned, unsaved.map(({ user }) => user)]).toEqual([
        ["change-until-restart"],
        [byAdmin.account.username],
      ]);
      await here.redis.admin("ACL", "SETUSER", "rotator", "+config|rewrite");
      expect(await here.field.rotate({ strategy, usesAdmin: true })).toMatchObject({ ...rotated, warned: [] });
    }),
  );

  test(
    "one that cannot write its ACL file: the rotation goes on, and is reported",
    fieldCase("doctor does not see it", async () => {
      await using here = await staged();
      unsaved.length = 0;
      await here.redis.loseAclFile();
      expect(await here.field.rotate({ strategy })).toMatchObject(rotated);
      expect(unsaved).toMatchObject([{ hint: expect.stringContaining("aclfile") }]);
    }),
  );

  test(
    "one whose CONFIG is taken away, asked by a session with every right",
    fieldCase("doctor does not see it", async () => {
      await using here = await staged({ config: ['rename-command CONFIG ""'] });
      unsaved.length = 0;
      expect(await here.field.rotate({ strategy })).toMatchObject({ ...rotated, warned: ["restart-cannot-be-seen"] });
      expect(unsaved).toEqual([]);
    }),
  );

  test(
    "one whose ACL command has another name is named as such",
    fieldCase("one number, several causes", async () => {
      const under = (redis: RedisUnderTest): RedisUnderTest => ({
        ...redis,
        admin: async (name = "", ...rest) => redis.admin(name === "ACL" ? "HIDDEN-ACL" : name, ...rest),
      });
      await using here = await staged({ config: ["rename-command ACL HIDDEN-ACL"] }, under);
      const seen = await here.field.rotate({ strategy });
      expect(seen).toMatchObject({ foretold: ["engine-unsupported"], codes: ["engine-unsupported"] });
      expect(seen.hints[0]).toContain("rename-command");
    }),
  );

  test(
    "the default user of requirepass is rotated, and the old password does not come back with a restart",
    fieldCase("an account rewritten", async () => {
      for (const users of ["config-file", "acl-file"] as const) {
        await using here = await staged({ users, config: ["requirepass of-the-configuration"] });
        const account = { username: "default", password: "of-the-default-user" };
        const seen = await here.field.rotate({ strategy, account });
        expect(seen).toMatchObject({ ...rotated, warned: [] });
        await here.field.stage.rotate(seen.secretId);
        await here.redis.restart();
        const { accepts } = here.redis;
        expect([
          await here.field.stage.logsIn(seen.secretId, "AWSCURRENT"),
          await accepts("default", account.password),
          await accepts("default", "of-the-configuration"),
        ]).toEqual([true, false, false]);
      }
    }),
  );

  test(
    "one that takes TLS alone, named with ssl: false",
    fieldCase("one number, several causes", async () => {
      await using here = await staged({ tls: { certificate, key } });
      const seen = await here.field.rotate({ strategy });
      expect(seen).toMatchObject({ foretold: ["tls-refused"], codes: ["tls-refused"] });
      expect(seen.hints[0]).toContain("ssl: false");
    }),
  );

  test(
    "one that wants a client's certificate",
    fieldCase("one number, several causes", async () => {
      const config = ["tls-auth-clients yes", "tls-ca-cert-file tls.crt"];
      await using here = await staged({ tls: { certificate, key }, config });
      const seen = await here.field.rotate({ strategy, fields: { ssl: true, sslrootcert: certificate } });
      expect(seen).toMatchObject({ foretold: ["tls-refused"], codes: ["tls-refused"] });
      expect(seen.hints[0]).toContain("tls-auth-clients optional");
    }),
  );

  test(
    "a cluster of which the secret names one node is refused, and rotated when it names them all",
    fieldCase("an account rewritten", async () => {
      const config = ["cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 2000"];
      await using here = await staged({ config });
      await using other = await staged({ config });
      const [one, two] = [here.redis, other.redis];
      await one.admin("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
      expect(await here.field.rotate({ strategy })).toMatchObject({ ...rotated, warned: [] });
      await two.admin("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
      await one.admin("CLUSTER", "MEET", two.host, `${two.port}`);
      const info = async (redis: RedisUnderTest): Promise<string> => String(await redis.admin("CLUSTER", "INFO"));
      for (const redis of [one, two])
        await expect.poll(() => info(redis), { timeout: 15_000 }).toContain("cluster_size:2");

      for (const usesAdmin of [false, true]) {
        const seen = await here.field.rotate({ strategy, usesAdmin });
        expect(seen).toMatchObject({ foretold: ["account-unsupported"], codes: ["account-unsupported"] });
        expect(seen.hints[0]).toContain("every node in hosts");
      }
      const seen = await here.field.rotate({
        strategy,
        fields: { hosts: [`127.0.0.1:${here.field.stage.proxy.port}`, `${two.host}:${two.port}`] },
        situate: async ({ username, password }) =>
          void (await two.admin("ACL", "SETUSER", username, "on", `>${password}`, "~*", "+@all")),
      });
      expect(seen).toMatchObject({ ...rotated, warned: [] });
      expect(await two.accepts(seen.account.username, await passwordOf(here.field, seen.secretId))).toBe(true);
    }),
  );
});
