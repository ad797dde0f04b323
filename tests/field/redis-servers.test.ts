import { describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest } from "../support/redis.ts";
import { certificate, key } from "../support/loopback-certificate.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { rotated } from "./field-stage.ts";
import { unsaved, strategy, staged, passwordOf } from "./redis-stage.ts";

printFieldCases();

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
        await expect.poll(() => info(redis), { timeout: 60_000 }).toContain("cluster_size:2");

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
