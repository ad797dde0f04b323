import { describe, expect, test } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { duringTests } from "./field-stage.ts";
import { startMariadbField } from "./mysql-family.ts";

const kind = "one number, several causes";
printFieldCases();

/** The plugins that make MariaDB want the text of every password. */
const simple = "INSTALL SONAME 'simple_password_check'";
const withoutSimple = "UNINSTALL SONAME 'simple_password_check'";
const compliant = "Aa1-old-password";

describe.skipIf(mariadbd === undefined)("MariaDB refuses, and rekey knows why", () => {
  const field = duringTests(startMariadbField);

  const unlogged = ["SET GLOBAL general_log = OFF"];
  const logged = ["SET GLOBAL general_log = ON"];

  test(
    "an account that requires TLS, from a secret without: said at once, and no earlier version is offered",
    fieldCase(kind, async () => {
      const before = (await field.server.log()).split("Access denied").length;
      const seen = await field.rotate({
        strategy: "single-user",
        fields: { ssl: false },
        situate: field.given("ALTER USER <user> REQUIRE SSL"),
      });
      expect(seen).toMatchObject({ codes: ["tls-refused"], logsIn: true });
      expect(seen.hints[0]).toContain("REQUIRE SSL");
      const refused = (await field.server.log()).split("Access denied").length - before;
      // Each attempt of Secrets Manager, and the doctor, is refused once.
      expect(refused).toBeLessThanOrEqual(field.stage.outcomes.filter(({ code }) => code === "tls-refused").length + 1);
    }),
  );

  test(
    "a server that requires TLS, from a secret without",
    fieldCase(kind, async () => {
      const seen = await field.rotateWithoutRequiredTls();
      expect(seen).toMatchObject({ codes: ["tls-refused"], logsIn: true });
      expect(seen.hints[0]).toContain("TLS");
    }),
  );

  test(
    "a wrong password without TLS is a wrong password: AWSPENDING is found, as after a crash",
    fieldCase(kind, async () => {
      const { id } = await field.stage.newSecret(
        { strategy: "single-user", usesAdmin: false },
        { fields: { ssl: false } },
      );
      const version = await field.stage.begin(id);
      await field.stage.step("setSecret", id, version);
      expect(await field.stage.logsIn(id, "AWSCURRENT")).toBe(true);
    }),
  );

  test(
    "an account that wants a client's certificate: the hint says so beside the password",
    fieldCase(kind, async () => {
      const { id, account } = await field.stage.newSecret({ strategy: "single-user", usesAdmin: false });
      await field.given("ALTER USER <user> REQUIRE X509")(account);
      await field.stage.rotate(id);
      const { code, hint } = field.stage.outcomes.at(-1) ?? {};
      expect(code).toBe("credential-orphaned");
      expect(hint).toContain("X509");
    }),
  );

  test(
    "strict_password_validation with a log of statements: refused by its name, nothing changed",
    fieldCase(kind, async () => {
      for (const strategy of ["single-user", "dual-password", "alternating-users"] as const) {
        const seen = await field.during([simple], [withoutSimple], async () =>
          field.rotate({ strategy, usesAdmin: true, account: { password: compliant } }),
        );
        expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
        expect(seen.hints[0]).toContain("strict_password_validation");
      }
    }),
  );

  test(
    "strict_password_validation without such a log: the text goes over verified TLS, with every strategy",
    fieldCase(kind, async () => {
      for (const strategy of ["single-user", "dual-password", "alternating-users"] as const) {
        const seen = await field.during([...unlogged, simple], [withoutSimple, ...logged], async () =>
          field.rotate({ strategy, account: { password: compliant }, usesAdmin: strategy !== "single-user" }),
        );
        expect(seen).toMatchObject({ codes: [], foretold: [], logsIn: true });
      }
    }),
  );

  test(
    "strict_password_validation without TLS: no text is sent, and the setting is named",
    fieldCase(kind, async () => {
      const seen = await field.during([...unlogged, simple], [withoutSimple, ...logged], async () =>
        field.rotate({ strategy: "single-user", fields: { ssl: false }, account: { password: compliant } }),
      );
      expect(seen).toMatchObject({ codes: ["tls-refused"], logsIn: true });
      expect(seen.hints[0]).toContain("strict_password_validation");
    }),
  );

  test(
    "a password policy that the tags do not meet is known beforehand",
    fieldCase(kind, async () => {
      const seen = await field.during([...unlogged, simple], [withoutSimple, ...logged], async () =>
        field.rotate({
          strategy: "single-user",
          account: { password: compliant },
          tags: { "rekey:password-charset": "alnum" },
        }),
      );
      expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
      expect(seen.hints[0]).toContain("simple_password_check");
    }),
  );

  test(
    "a check of reuse: single-user goes on, two passwords at once are refused by its name",
    fieldCase(kind, async () => {
      const [on, off] = ["INSTALL SONAME 'password_reuse_check'", "UNINSTALL SONAME 'password_reuse_check'"];
      await field.during([...unlogged, on], [off, ...logged], async () => {
        expect(await field.rotate({ strategy: "single-user" })).toMatchObject({ codes: [], logsIn: true });
        const seen = await field.rotate({ strategy: "dual-password", usesAdmin: true });
        expect(seen).toMatchObject({ codes: ["account-unsupported"], logsIn: true });
        expect(seen.hints[0]).toContain("password_reuse_check");
      });
    }),
  );

  test(
    "a plugin of checks that is not strict takes hashes",
    fieldCase(kind, async () => {
      const seen = await field.during(
        [simple, "SET GLOBAL strict_password_validation = OFF"],
        ["SET GLOBAL strict_password_validation = ON", withoutSimple],
        async () => field.rotate({ strategy: "single-user", account: { password: compliant } }),
      );
      expect(seen).toMatchObject({ codes: [], logsIn: true });
    }),
  );

  test(
    "missing rights: the hints are MariaDB's",
    fieldCase(kind, async () => {
      const alone = await field.rotate({ strategy: "dual-password", usesAdmin: false });
      expect(alone).toMatchObject({ codes: ["database-rights-missing"], logsIn: true });
      const beyond = await field.rotate({
        strategy: "alternating-users",
        situate: field.given("CREATE DATABASE IF NOT EXISTS vault", "GRANT SELECT ON vault.* TO <user>"),
      });
      expect(beyond).toMatchObject({ codes: ["database-rights-missing"], logsIn: true });
      expect(beyond.hints[0]).toContain("WITH GRANT OPTION");
      expect(
        await field.server.admin(`SELECT User FROM mysql.user WHERE User = '${beyond.account.username}_clone'`),
      ).toEqual([]);
      for (const hint of [...alone.hints, ...beyond.hints]) expect(hint).not.toMatch(/PostgreSQL|CREATEROLE/);
    }),
  );

  test(
    "a locked account, an expired password, an unknown database: each says what to do",
    fieldCase(kind, async () => {
      const locked = await field.rotate({
        strategy: "single-user",
        situate: field.given("ALTER USER <user> ACCOUNT LOCK"),
      });
      expect(locked.codes).toEqual(["credential-refused"]);
      expect(locked.hints[0]).toContain("ACCOUNT UNLOCK");
      const expired = await field.rotate({
        strategy: "single-user",
        situate: field.given("ALTER USER <user> PASSWORD EXPIRE"),
      });
      expect(expired.codes).toEqual(["credential-expired"]);
      expect(expired.hints[0]).toContain("PASSWORD EXPIRE");
      const unknown = await field.rotate({ strategy: "single-user", fields: { dbname: "mysql" } });
      expect(unknown.codes).toEqual(["database-unknown"]);
      expect(unknown.hints[0]).toContain("no right in it");
    }),
  );

  test(
    "an init_connect that fails is named",
    fieldCase(kind, async () => {
      const seen = await field.withInitConnect("SELECT nothing", async () => field.rotate({ strategy: "single-user" }));
      expect(seen).toMatchObject({ codes: ["database-failed"] });
      expect(seen.hints[0]).toContain("init_connect");
    }),
  );

  test(
    "a server that is read-only is still read-only",
    fieldCase(kind, async () => {
      const seen = await field.during(["SET GLOBAL read_only = ON"], ["SET GLOBAL read_only = OFF"], async () =>
        field.rotate({ strategy: "single-user" }),
      );
      expect(seen).toMatchObject({ codes: ["database-read-only"], logsIn: true });
    }),
  );
});
