import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { mariadbFixture } from "../support/mariadb-fixture.ts";
import { mariadbd } from "../support/mysql-servers.ts";

describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  contractTests(mariadbFixture(mariadbd ?? ""));
});
