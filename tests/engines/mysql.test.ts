import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { mysqlFixture } from "../support/mysql-engine-fixture.ts";
import { mysqld } from "../support/mysql-servers.ts";

describe.skipIf(mysqld === undefined)("MySQL", () => {
  contractTests(mysqlFixture(mysqld ?? ""));
});
