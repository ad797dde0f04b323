import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { mariadbFixture } from "../support/mariadb-fixture.ts";
import { mariadbd } from "../support/mysql-servers.ts";

describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  engineContract({ describe, test, expect, beforeAll, afterAll }, mariadbFixture(mariadbd ?? ""));
});
