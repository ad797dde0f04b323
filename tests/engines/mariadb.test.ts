import { strategiesOn } from "../../functions/rotate-mariadb/strategies.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mariadbEngine } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { askForClearPassword, contractServer } from "../support/mysql-fixture.ts";
import { mariadbd, startMysqlServer } from "../support/mysql-servers.ts";

const engine = mariadbEngine();

describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  engineContract(
    { describe, test, expect, beforeAll, afterAll },
    {
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
      start: async (certificate) =>
        contractServer(await startMysqlServer("mariadb", mariadbd ?? "", { certificate }), {
          fields: { engine: "mariadb", dbname: "", ssl: false },
          grants: ["SELECT ON shop.*"],
          adminGrants: ["CREATE USER ON *.*", "SELECT ON mysql.*", "SELECT ON shop.*"],
          readOnly: "read_only",
          discardsOld: false,
          lock: "LOCK TABLES mysql.global_priv READ",
          lockOut: (refusals = 4_294_967_295) => ({ statements: [`SET GLOBAL max_password_errors = ${refusals}`] }),
        }),
      askForClearPassword,
    },
  );
});
