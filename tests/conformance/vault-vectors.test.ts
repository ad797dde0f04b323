import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { replayVaultVectors, vaultVectors } from "../support/vault-vectors.ts";

/** What the local Vault leaves out or does as HashiCorp Vault does, and why. One that begins to pass must leave this list. */
const unserved: ReadonlyMap<string, string> = new Map([
  ["wrap", "response wrapping: the mirror never asks for it"],
  ["wrap-lookup", "response wrapping: the mirror never asks for it"],
  ["unwrap", "response wrapping: the mirror never asks for it"],
  ["quota-set", "quotas: the fault hook answers 429 where a test wants it"],
  ["quota-429", "quotas: the fault hook answers 429 where a test wants it"],
  ["quota-429-write", "quotas: the fault hook answers 429 where a test wants it"],
  ["quota-del", "quotas: the fault hook answers 429 where a test wants it"],
  ["aws-auth", "auth/aws is built into HashiCorp Vault, which answers 204, as the vector's own note says"],
  ["namespace-unknown", "namespaces: the header is ignored, as HashiCorp's community edition ignores it"],
]);

const cases = vaultVectors.map(({ id, title }) => [id, title] as const);

test("the recording holds as many vectors as were recorded", () => {
  expect(vaultVectors).toHaveLength(106);
});

describe("the local Vault", () => {
  let outcomes: ReadonlyMap<string, string | undefined>;
  let vault: VaultUnderTest;
  beforeAll(async () => {
    vault = await startVault({ clock: movableClock() });
    outcomes = await replayVaultVectors(vault);
  });
  afterAll(() => vault.stop());

  test.each(cases.filter(([id]) => !unserved.has(id)))("answers %s as recorded: %s", (id) => {
    expect(outcomes.has(id)).toBe(true);
    expect(outcomes.get(id)).toBeUndefined();
  });
  test.each([...unserved])("answers %s otherwise (%s)", (id) => {
    expect(outcomes.get(id)).toEqual(expect.any(String));
  });
});

describe.skipIf(bao === undefined)("a real OpenBao", () => {
  let outcomes: ReadonlyMap<string, string | undefined>;
  let vault: VaultUnderTest;
  beforeAll(async () => {
    vault = await startOpenBao(bao ?? "");
    outcomes = await replayVaultVectors(vault);
  });
  afterAll(() => vault.stop());

  test.each(cases)("answers %s as recorded: %s", (id) => {
    expect(outcomes.has(id)).toBe(true);
    expect(outcomes.get(id)).toBeUndefined();
  });
});
