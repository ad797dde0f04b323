import { readFile, writeFile } from "node:fs/promises";
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { createRotatingPool as createMysqlPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { createAuthority } from "../../../shared/testing/engine-contract/certificates.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { mariadbd, mysqld, startMysqlServer } from "../../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { duringTests } from "../field-stage.ts";

const kind = "one error for two causes";
const secretId = "orders";
const authority = createAuthority("the service's own");
const stranger = createAuthority("somebody else's");
const certificates = {
  // mysql2 asks for the name localhost where the host is an address.
  right: authority.issue({ addresses: ["127.0.0.1"], names: ["localhost"] }),
  "another name's": authority.issue({ names: ["db.example.com"] }),
  expired: authority.issue({ addresses: ["127.0.0.1"], endsAt: new Date(Date.now() - 86_400_000) }),
};
type Certificate = keyof typeof certificates;
printFieldCases();

/** What a service learns, and that nothing of the credential or of the server's text is in it. */
async function told(work: Promise<unknown>, secret: Readonly<Record<string, unknown>>) {
  const error: unknown = await work.then(
    () => "works",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RekeyError)) return { code: error };
  const text = JSON.stringify([error.message, error.stack, error.hint, error.context]);
  expect(text).not.toContain(secret["password"]);
  expect(error.cause).toBeUndefined();
  return { code: error.code, reason: error.context["reason"], hint: error.hint };
}

interface Situation {
  readonly what: string;
  readonly certificate?: Certificate;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reason: string;
  readonly hint: string;
}
const ca = authority.certificate;
const situations: readonly Situation[] = [
  {
    what: "a server without TLS, and a secret that wants it",
    fields: { ssl: true },
    reason: "server without TLS",
    hint: "ssl: false",
  },
  {
    what: "a private CA that the secret does not have",
    certificate: "right",
    fields: { ssl: true },
    reason: "UNABLE_TO_VERIFY",
    hint: "sslrootcert",
  },
  {
    what: "another CA than the secret's",
    certificate: "right",
    fields: { ssl: true, sslrootcert: stranger.certificate },
    reason: "UNABLE_TO_VERIFY",
    hint: "sslrootcert",
  },
  {
    what: "a CA that is no certificate",
    certificate: "right",
    fields: { ssl: true, sslrootcert: "ca.pem" },
    reason: "UNABLE_TO_VERIFY",
    hint: "sslrootcert",
  },
  {
    what: "a certificate of another name",
    certificate: "another name's",
    fields: { ssl: true, sslrootcert: ca },
    reason: "ERR_TLS_CERT_ALTNAME_INVALID",
    hint: "verify-ca",
  },
  {
    what: "a certificate that has expired",
    certificate: "expired",
    fields: { ssl: true, sslrootcert: ca },
    reason: "CERT_HAS_EXPIRED",
    hint: "renew",
  },
];

const refusedBecause = (reason: string, hint: string) => ({
  code: "tls-refused",
  reason,
  hint: expect.stringContaining(hint) as string,
});

describe("PostgreSQL and what it wants of TLS", () => {
  const servers = duringTests(async () => {
    const started = new Map<Certificate | undefined, Awaited<ReturnType<typeof startPostgres>>>();
    for (const name of [undefined, "right", "another name's", "expired"] as const)
      started.set(name, await startPostgres(name === undefined ? {} : { certificate: certificates[name] }));
    return {
      at: (name: Certificate | undefined) => started.get(name),
      async stop() {
        for (const server of started.values()) await server.stop();
      },
    };
  });

  async function ask(name: Certificate | undefined, fields: object, settings: pg.PoolConfig = {}) {
    const server = servers.at(name);
    if (server === undefined) throw new Error("no such server");
    const { host, port, superuser } = server;
    const secret = { engine: "postgres", host, port, ...superuser, dbname: "postgres", ...fields };
    const client = fakeSecretClient({ [secretId]: secret });
    const pool = createRotatingPool({ client, secretId, pool: settings });
    const seen = await told(pool.query("SELECT 1"), secret);
    await pool.end();
    await client.close();
    return seen;
  }

  test.each(situations)("$what: tls-refused, with its reason", ({ certificate, fields, reason, hint }) =>
    fieldCase(kind, async () => {
      expect(await ask(certificate, fields)).toMatchObject(refusedBecause(reason, hint));
    })(),
  );

  test(
    "a server that lets the user in by TLS alone, and a secret that says ssl: false",
    fieldCase(kind, async () => {
      const server = servers.at("right");
      const [row] = (await server?.admin<{ file: string }>("SELECT current_setting('hba_file') AS file")) ?? [];
      const file = row?.file ?? "";
      const usual = await readFile(file, "utf8");
      await server?.admin("CREATE ROLE careful LOGIN PASSWORD 'of the careful'");
      const user = { username: "careful", password: "of the careful" };
      for (const rules of ["hostssl all careful all scram-sha-256\nhost all careful all reject\n", "none"]) {
        // Without a line of its own, too.
        const lines =
          rules === "none"
            ? "hostssl all careful all scram-sha-256\nhost all postgres all scram-sha-256\n"
            : `${rules}${usual}`;
        await writeFile(file, lines);
        await server?.admin("SELECT pg_reload_conf()");
        await expect
          .poll(async () => ask("right", { ...user, ssl: false }))
          .toMatchObject({ code: "tls-refused", reason: "not encrypted", hint: expect.stringContaining("ssl: true") });
        expect(await ask("right", { ...user, ssl: true, sslrootcert: ca })).toEqual({ code: "works" });
        // The service's own setting counts above the secret's.
        expect(await ask("right", { ...user, ssl: false }, { ssl: { ca } })).toEqual({ code: "works" });
      }
      await writeFile(file, usual);
      await server?.admin("SELECT pg_reload_conf()");
    }),
  );

  test(
    "a wrong password stays credential-refused, with the server's SQLSTATE",
    fieldCase(kind, async () => {
      const error: unknown = await ask("right", { password: "of nobody", ssl: true, sslrootcert: ca });
      expect(error).toMatchObject({ code: "credential-refused", reason: undefined });
    }),
  );

  test(
    "an error of the service's own hook is passed on, whatever its words",
    fieldCase(kind, async () => {
      const onConnect = (): unknown => Promise.reject(new Error("unable to get the certificate has expired"));
      const { code } = await ask("right", { ssl: true, sslrootcert: ca }, { onConnect });
      expect(String(code)).toContain("unable to get");
    }),
  );

  test(
    "pool.ssl from JavaScript is used as it is",
    fieldCase(kind, async () => {
      expect(await ask("right", {}, { ssl: { ca } })).toEqual({ code: "works" });
      expect(await ask("right", { ssl: false }, { ssl: true })).toMatchObject({ code: "tls-refused" });
      expect(await ask("another name's", { ssl: true, sslrootcert: ca }, { ssl: false })).toEqual({ code: "works" });
      expect(await ask("another name's", { ssl: true }, { ssl: { rejectUnauthorized: false } })).toEqual({
        code: "works",
      });
    }),
  );
});

describe.each([
  ["MariaDB", "mariadb", mariadbd],
  ["MySQL", "mysql", mysqld],
] as const)("%s and what it wants of TLS", (name, product, binary) => {
  describe.skipIf(binary === undefined)("on a real server", () => {
    const servers = duringTests(async () => {
      const started = new Map<Certificate | undefined, Awaited<ReturnType<typeof startMysqlServer>>>();
      const names = ["right", "another name's", "expired"] as const;
      for (const one of names)
        started.set(one, await startMysqlServer(product, binary ?? "", { certificate: certificates[one] }));
      // Of the two only MariaDB runs without.
      if (product === "mariadb") started.set(undefined, await startMysqlServer(product, binary ?? ""));
      return {
        at: (one: Certificate | undefined) => started.get(one),
        async stop() {
          for (const server of started.values()) await server.stop();
        },
      };
    });

    async function ask(one: Certificate | undefined, fields: object) {
      const server = servers.at(one);
      if (server === undefined) throw new Error("no such server");
      const { host, port, superuser } = server;
      const secret = { engine: product, host, port, ...superuser, ...fields };
      const client = fakeSecretClient({ [secretId]: secret });
      const pool = createMysqlPool({ client, secretId });
      const seen = await told(pool.promise().query("SELECT 1"), secret);
      await pool[Symbol.asyncDispose]();
      await client.close();
      return seen;
    }

    test.each(situations.filter(({ certificate }) => certificate !== undefined || product === "mariadb"))(
      "$what: tls-refused, with its reason",
      ({ certificate, fields, reason, hint }) =>
        fieldCase(kind, async () => {
          expect(await ask(certificate, fields)).toMatchObject(refusedBecause(reason, hint));
        })(),
    );

    test(
      `${name} that requires TLS of everybody, and a secret that says ssl: false`,
      fieldCase(kind, async () => {
        const server = servers.at("right");
        await server?.admin("SET GLOBAL require_secure_transport = ON");
        expect(await ask("right", { ssl: false })).toMatchObject({
          // MariaDB says the same as for a wrong password.
          code: product === "mysql" ? "tls-refused" : "credential-refused",
          reason: "not encrypted",
          hint: expect.stringContaining("ssl: true"),
        });
        expect(await ask("right", { ssl: true, sslrootcert: ca })).toEqual({ code: "works" });
        await server?.admin("SET GLOBAL require_secure_transport = OFF");
      }),
    );

    test(
      "a user that must use TLS is refused like a wrong password, and the hint names both",
      fieldCase(kind, async () => {
        const user = { username: "careful", password: "of the careful" };
        await servers.at("right")?.admin("CREATE USER careful IDENTIFIED BY 'of the careful' REQUIRE SSL");
        expect(await ask("right", { ...user, ssl: false })).toMatchObject({
          code: "credential-refused",
          reason: "not encrypted",
          hint: expect.stringContaining("REQUIRE SSL"),
        });
        expect(await ask("right", { ...user, ssl: true, sslrootcert: ca })).toEqual({ code: "works" });
      }),
    );
  });
});
