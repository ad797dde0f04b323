import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { slapd } from "../support/ldap.ts";
import { ldapFixture } from "../support/ldap-fixture.ts";

describe.skipIf(slapd === undefined)("from Debian", () => {
  contractTests(ldapFixture(slapd ?? ""));
});
