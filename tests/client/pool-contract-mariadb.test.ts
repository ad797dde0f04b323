import { describe } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { mariadbConnectorFixture } from "../support/pool-contract/subjects/mariadb.ts";
import { onMariadb } from "../support/pool-contract/subjects/marks.ts";

describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  poolContract(mariadbConnectorFixture(onMariadb(mariadbd ?? "")));
});
