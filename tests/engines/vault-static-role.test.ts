import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { bao } from "../support/openbao.ts";
import { vaultRoleFixture } from "../support/vault-role-fixture.ts";

describe.skipIf(bao === undefined)("with OpenBao", () => {
  engineContract({ describe, test, expect, beforeAll, afterAll }, vaultRoleFixture(bao ?? ""));
});
