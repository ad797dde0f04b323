import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { bao } from "../support/openbao.ts";
import { vaultRoleFixture } from "../support/vault-role-fixture.ts";

describe.skipIf(bao === undefined)("with OpenBao", () => {
  contractTests(vaultRoleFixture(bao ?? ""));
});
