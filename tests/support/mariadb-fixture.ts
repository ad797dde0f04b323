import { askForClearPassword } from "../../cli/certification/servers/mysql-greeting.ts";
import { strategiesOn } from "../../functions/rotate-mariadb/rotation.ts";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import type { EngineFixture, SecretFields } from "../../shared/testing/engine-contract/fixture.ts";
import { mariadbAccounts } from "./mariadb-accounts.ts";
import { contractServer, holdMysql, type Product } from "./mysql-fixture.ts";
import { startMysqlServer } from "./mysql-servers.ts";

const engine = mariadbEngine();

/** MariaDB as `contractServer` needs it; `fields`: the members of its secrets beside the usual ones. */
export const mariadbProduct = (fields: SecretFields = { ssl: false }): Product => ({
  fields: { engine: "mariadb", dbname: "", ...fields },
  grants: ["SELECT ON shop.*"],
  adminGrants: ["CREATE USER, PROCESS ON *.*", "SELECT, UPDATE ON mysql.*", "ALL ON shop.*"],
  readOnly: "read_only",
  discardsOld: false,
  accounts: mariadbAccounts,
  lock: "LOCK TABLES mysql.global_priv READ",
  lockOut: (refusals = 4_294_967_295) => ({ statements: [`SET GLOBAL max_password_errors = ${refusals}`] }),
});

/** MariaDB by this program, with further settings such as `--max-connections=500`. */
export const mariadbFixture = (binary: string, settings: readonly string[] = []): EngineFixture => ({
  name: "MariaDB 10.11",
  engine,
  strategies: strategiesOn(engine).strategies,
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
    { strategy: "dual-password", usesAdmin: true },
  ],
  exemptions: [
    { clause: "expired", strategy: "alternating-users", reason: "the idle user's new password ends its expiry" },
  ],
  hold: holdMysql,
  start: async (certificate) =>
    contractServer(await startMysqlServer("mariadb", binary, { certificate, settings }), mariadbProduct()),
  askForClearPassword,
});
