import { strategiesOn as mariadbStrategies } from "../../functions/rotate-mariadb/rotation.ts";
import { strategiesOn as mysqlStrategies } from "../../functions/rotate-mysql/rotation.ts";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { quoteAccount } from "../../shared/engines/mysql-family/names.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { mariadbProduct } from "../support/mariadb-fixture.ts";
import { contractServer, mysqlProduct } from "../support/mysql-fixture.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "../support/mysql-servers.ts";
import { type FieldCase, type FieldStage, type Seen, startFieldStage } from "./field-stage.ts";

/** A server with TLS, what was seen on it so far, and hands to put situations on it. */
export interface FieldServer extends FieldStage {
  readonly server: MysqlServer;
  /** How many different passwords the accounts of this name have stored. */
  storedPasswords(username: string): Promise<number>;
  /** Runs statements for one user, whose account is written as `<user>`; a function that can be `situate`. */
  given(...statements: readonly string[]): (account: { readonly username: string }) => Promise<void>;
  /** Runs `work` while these statements hold, and ends them by the others. */
  during<Result>(impose: readonly string[], relieve: readonly string[], work: () => Promise<Result>): Promise<Result>;
  /** The same with a statement that the server runs in each new session. */
  withInitConnect<Result>(statement: string, work: () => Promise<Result>): Promise<Result>;
  /** What a secret without TLS comes to on a server that requires it. */
  rotateWithoutRequiredTls(): Promise<Seen>;
}

async function startField(
  product: "mariadb" | "mysql",
  binary: string,
  fixture: Pick<EngineFixture, "name" | "engine" | "strategies">,
  strategiesOn: Parameters<typeof startFieldStage>[2],
): Promise<FieldServer> {
  const authority = createAuthority("the field's own");
  const certificate = authority.issue({ addresses: ["127.0.0.1"] });
  const settings = product === "mysql" ? ["--caching-sha2-password-digest-rounds=5000"] : [];
  const server = await startMysqlServer(product, binary, { certificate, settings });
  const fields = { ssl: true, sslrootcert: authority.certificate };
  const hands = await contractServer(
    server,
    product === "mysql" ? mysqlProduct(authority.certificate) : mariadbProduct(fields),
  );
  const variants = [{ strategy: "single-user", usesAdmin: false }] as const;
  const field = await startFieldStage({ ...fixture, variants, start: async () => hands }, hands, strategiesOn);
  const stored =
    product === "mysql"
      ? "SELECT COUNT(DISTINCT authentication_string) AS n FROM mysql.user WHERE User = "
      : "SELECT COUNT(DISTINCT JSON_VALUE(Priv, '$.authentication_string')) AS n FROM mysql.global_priv WHERE User = ";
  const during: FieldServer["during"] = async (impose, relieve, work) => {
    await server.admin(...impose);
    try {
      return await work();
    } finally {
      await server.admin(...relieve);
    }
  };
  return {
    ...field,
    server,
    async storedPasswords(username) {
      const [row] = await server.admin(`${stored}'${username}'`);
      return Number(row?.["n"]);
    },
    given:
      (...statements) =>
      async ({ username }) => {
        const account = quoteAccount({ user: username, host: "%" });
        await server.admin(
          ...statements.map((one) => one.replaceAll("<user>", account).replaceAll("<name>", username)),
        );
      },
    during,
    withInitConnect: async (statement, work) =>
      during(
        [`SET GLOBAL init_connect = '${statement.replaceAll("'", "''")}'`],
        ["SET GLOBAL init_connect = ''"],
        work,
      ),
    rotateWithoutRequiredTls: async () =>
      during(["SET GLOBAL require_secure_transport = ON"], ["SET GLOBAL require_secure_transport = OFF"], async () =>
        field.rotate({ strategy: "single-user", fields: { ssl: false } }),
      ),
    async stop() {
      await field.stop();
      await server.stop();
    },
  };
}

export const mariadbVariants = [
  { strategy: "single-user", usesAdmin: false },
  { strategy: "single-user", usesAdmin: true },
  { strategy: "alternating-users", usesAdmin: true },
  { strategy: "dual-password", usesAdmin: true },
] as const;

/** On MySQL a user may also have two passwords without an admin. */
export const mysqlVariants = [...mariadbVariants, { strategy: "dual-password", usesAdmin: false }] as const;

/** What each of these comes to, with a password that is hard to quote, on a server that sets this in every session. */
export const rotateEachWithInitConnect = async (
  field: FieldServer,
  variants: readonly Pick<FieldCase, "strategy" | "usesAdmin">[],
  setting: string,
): Promise<readonly Seen[]> =>
  field.withInitConnect(`SET ${setting}`, async () => {
    const seen: Seen[] = [];
    for (const variant of variants) {
      seen.push(await field.rotate({ ...variant, account: { password: "ä'ß\"\\x" } }));
    }
    return seen;
  });

export const startMariadbField = async (): Promise<FieldServer> => {
  const engine = mariadbEngine();
  const fixture = { name: "MariaDB", engine, ...mariadbStrategies(engine) };
  return startField("mariadb", mariadbd ?? "", fixture, mariadbStrategies);
};

export const startMysqlField = async (): Promise<FieldServer> => {
  const engine = mysqlEngine();
  const fixture = { name: "MySQL", engine, ...mysqlStrategies(engine) };
  return startField("mysql", mysqld ?? "", fixture, mysqlStrategies);
};
