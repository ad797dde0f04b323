import { strategiesOn as mariadbStrategies } from "../../functions/rotate-mariadb/strategies.ts";
import { strategiesOn as mysqlStrategies } from "../../functions/rotate-mysql/strategies.ts";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { quoteAccount } from "../../shared/engines/mysql-family/account.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import type { ExaminedRotation } from "../../shared/operations/doctor/doctor.ts";
import type { DatabaseEngine } from "../../shared/rotation/ports.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { mariadbProduct } from "../support/mariadb-fixture.ts";
import { contractServer, mysqlProduct } from "../support/mysql-fixture.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "../support/mysql-servers.ts";
import { type FieldStage, startFieldStage } from "./field-stage.ts";

/** A server with TLS, what was seen on it so far, and hands to put situations on it. */
export interface FieldServer extends FieldStage {
  readonly server: MysqlServer;
  /** How many different passwords the accounts of this name have stored. */
  storedPasswords(username: string): Promise<number>;
  /** Runs statements for one user, whose account is written as `<user>`; a function that can be `situate`. */
  given(...statements: readonly string[]): (account: { readonly username: string }) => Promise<void>;
  /** Runs `work` while these statements hold, and ends them by the others. */
  during<Result>(impose: readonly string[], relieve: readonly string[], work: () => Promise<Result>): Promise<Result>;
}

async function startField(
  product: "mariadb" | "mysql",
  binary: string,
  fixture: Pick<EngineFixture, "name" | "engine" | "strategies">,
  strategiesOf: NonNullable<ExaminedRotation["strategiesOf"]>,
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
  const field = await startFieldStage({ ...fixture, variants, start: async () => hands }, hands, strategiesOf);
  const stored =
    product === "mysql"
      ? "SELECT COUNT(DISTINCT authentication_string) AS n FROM mysql.user WHERE User = "
      : "SELECT COUNT(DISTINCT JSON_VALUE(Priv, '$.authentication_string')) AS n FROM mysql.global_priv WHERE User = ";
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
    async during(impose, relieve, work) {
      await server.admin(...impose);
      try {
        return await work();
      } finally {
        await server.admin(...relieve);
      }
    },
    async stop() {
      await field.stop();
      await server.stop();
    },
  };
}

export const startMariadbField = async (): Promise<FieldServer> => {
  const engine = mariadbEngine();
  const strategiesOf = (of: DatabaseEngine) => mariadbStrategies(of as typeof engine).strategies;
  return startField(
    "mariadb",
    mariadbd ?? "",
    { name: "MariaDB", engine, strategies: strategiesOf(engine) },
    strategiesOf,
  );
};

export const startMysqlField = async (): Promise<FieldServer> => {
  const engine = mysqlEngine();
  const strategiesOf = (of: DatabaseEngine) => mysqlStrategies(of as typeof engine).strategies;
  return startField("mysql", mysqld ?? "", { name: "MySQL", engine, strategies: strategiesOf(engine) }, strategiesOf);
};
