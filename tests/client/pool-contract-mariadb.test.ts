import { describe } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { mariadbConnectorFixture } from "../support/pool-contract/subjects/mariadb.ts";

describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  poolContract(mariadbConnectorFixture(mariadbd ?? ""));
});
