import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Document } from "mongodb";
import { strategiesOn } from "../../functions/rotate-mongodb/rotation.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { type FerretDb, ferretDb, startFerretDb } from "../support/ferretdb.ts";
import { clientOf, ferretDbFixture, ferretDbServerOf } from "../support/ferretdb-fixture.ts";
import { certificate, key } from "../support/loopback-certificate.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldStage, rotated, startFieldStage } from "./field-stage.ts";

printFieldCases();

const fixture = ferretDbFixture(ferretDb ?? "");
const single = { strategy: "single-user" } as const;
const pair = { strategy: "alternating-users", tags: { "rekey:alternate-user": "app_b" } } as const;

describe.skipIf(ferretDb === undefined)("users of a FerretDB", () => {
  let ferret: FerretDb;
  let field: FieldStage;
  beforeAll(async () => {
    ferret = await startFerretDb(ferretDb ?? "");
    field = await startFieldStage(fixture, await ferretDbServerOf(ferret), strategiesOn);
  });
  afterAll(async () => {
    await field?.stop();
    await ferret?.stop();
  });

  async function run(database: string, command: Document): Promise<Document> {
    const admin = clientOf(ferret, ferret.admin);
    try {
      return await admin.db(database).command(command);
    } finally {
      await admin.close();
    }
  }
  async function takes(account: Account, database: string): Promise<boolean> {
    const client = clientOf(ferret, account, database);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }
  async function mechanismsOf(user: string): Promise<unknown> {
    const { users } = await run("admin", { usersInfo: [{ user, db: "admin" }] });
    return users[0]?.mechanisms;
  }
  const withMechanisms =
    (...mechanisms: readonly string[]) =>
    async ({ username, password }: Account): Promise<void> =>
      void (await run("admin", { updateUser: username, pwd: password, mechanisms }));

  test(
    "an ordinary user and an ordinary pair are rotated, and nothing is said of them",
    fieldCase("doctor does not see it", async () => {
      expect(await field.rotate(single)).toMatchObject({ ...rotated, warned: [] });
      expect(await field.rotate(pair)).toMatchObject({ ...rotated, warned: [] });
    }),
  );

  test.each([["SCRAM-SHA-1"], ["SCRAM-SHA-256"]])(
    "a user of clients that speak %s alone keeps it, by itself and by an admin",
    async (mechanism) =>
      fieldCase("an account rewritten", async () => {
        for (const usesAdmin of [false, true]) {
          const seen = await field.rotate({ ...single, usesAdmin, situate: withMechanisms(mechanism) });
          expect([seen, await mechanismsOf(seen.account.username)]).toMatchObject([rotated, [mechanism]]);
        }
      })(),
  );

  test(
    "an alternate that a human made for newer clients gets the first one's mechanism, at each turn",
    fieldCase("an account rewritten", async () => {
      await run("admin", { createUser: "app_old", pwd: "p", roles: [], mechanisms: ["SCRAM-SHA-256"] });
      const tags = { "rekey:alternate-user": "app_old" };
      const seen = await field.rotate({ ...pair, tags, situate: withMechanisms("SCRAM-SHA-1") });
      expect([seen, await mechanismsOf("app_old")]).toMatchObject([rotated, ["SCRAM-SHA-1"]]);
      await field.stage.rotate(seen.secretId);
      expect(await mechanismsOf(seen.account.username)).toEqual(["SCRAM-SHA-1"]);
    }),
  );

  test(
    "of two users of one name only the one in the secret's authSource is changed",
    fieldCase("an account rewritten", async () => {
      const situate = async ({ username, password }: Account): Promise<void> =>
        void (await run("reports", { createUser: username, pwd: password, roles: [] }));
      const seen = await field.rotate({ ...single, fields: { authSource: "reports" }, situate });
      expect(seen.codes).toEqual([]);
      expect([await takes(seen.account, "admin"), await takes(seen.account, "reports")]).toEqual([true, false]);
      const other = await field.rotate({ ...single, situate });
      expect([other, await takes(other.account, "reports")]).toMatchObject([rotated, true]);
    }),
  );

  test(
    "a user that lives in another database than the secret says is a refused credential before and in the step",
    fieldCase("doctor does not see it", async () => {
      const seen = await field.rotate({ ...single, fields: { dbname: "shop" } });
      expect(seen.foretold).toEqual(["credential-refused"]);
      expect(await takes(seen.account, "admin")).toBe(true);
    }),
  );

  test(
    "a user of certificates or LDAP is refused by that name, without a login",
    fieldCase("an account rewritten", async () => {
      const before = await field.stage.server.failedLogins();
      const seen = await field.rotate({ ...single, fields: { authSource: "$external" } });
      expect(seen).toMatchObject({ foretold: ["account-unsupported"], codes: ["account-unsupported"] });
      expect(await field.stage.server.failedLogins()).toBe(before);
    }),
  );

  test(
    "passwords that SASLprep maps or normalizes log in and are replaced",
    fieldCase("one number, several causes", async () => {
      for (const password of ["I\u{AD}X-of-the-field", "\u{2168}-of-the-field", "p\u{E4}ssw\u{F6}rt \u{A0}x"]) {
        expect(await field.rotate({ ...single, account: { password } })).toMatchObject(rotated);
      }
    }),
  );

  test(
    "a password that SCRAM-SHA-256 does not take is the secret's fault, by its field",
    fieldCase("one number, several causes", async () => {
      const seen = await field.rotate({ ...single, fields: { password: "bell-\u{7}" } });
      expect(seen).toMatchObject({ foretold: ["secret-malformed"], codes: ["secret-malformed"] });
    }),
  );

  test(
    "an alternate that this server cannot mark is foretold, with what to do",
    fieldCase("doctor does not see it", async () => {
      const seen = await field.rotate({ strategy: "alternating-users" });
      expect(seen).toMatchObject({ foretold: ["engine-unsupported"], codes: ["engine-unsupported"] });
      expect(seen.hints[0]).toContain("rekey:alternate-user");
    }),
  );

  test(
    "an alternate that somebody else uses is a collision, and stays as it is",
    fieldCase("doctor does not see it", async () => {
      const seen = await field.rotate({
        strategy: "alternating-users",
        situate: async ({ username }) =>
          void (await run("admin", { createUser: `${username}_clone`, pwd: "theirs", roles: [] })),
      });
      expect(seen).toMatchObject({ foretold: ["user-collision"], codes: ["user-collision"] });
      expect(await takes({ username: `${seen.account.username}_clone`, password: "theirs" }, "admin")).toBe(true);
    }),
  );

  test(
    "MongoDB Atlas is refused by name, before anything is sent",
    fieldCase("one number, several causes", async () => {
      const seen = await field.rotate({
        ...single,
        fields: { host: "cluster0.abcde.mongodb.net", port: 27_017, ssl: true },
      });
      expect(seen).toMatchObject({ foretold: ["engine-unsupported"], codes: ["engine-unsupported"] });
      expect(seen.hints[0]).toContain("Atlas");
    }),
  );

  test(
    "a server that takes TLS alone, named with ssl: false",
    fieldCase("one number, several causes", async () => {
      const secure = await startFerretDb(ferretDb ?? "", { certificate, key });
      const other = await startFieldStage(fixture, await ferretDbServerOf(secure), strategiesOn);
      const seen = await other.rotate(single);
      await other.stop();
      await secure.stop();
      expect(seen).toMatchObject({ foretold: ["tls-refused"], codes: ["tls-refused"] });
      expect(seen.hints[0]).toContain("ssl: false");
    }),
  );
});
