import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { type LocalVault, startVault } from "../../../local/vault/server.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

const names = Array.from({ length: 6 }, (_, at) => `db/service-${at}`);
const pattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
const folder = mkdtempSync(join(tmpdir(), "rekey-migrate-"));
const vaults = new Map<string, LocalVault>();
let stack: Stack;
let secrets: SecretsManager;

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  for (const name of ["one", "two", "three"]) {
    const vault = await startVault({ port: 0, rootToken: `root-canary-${name}`, clock: stack.clock });
    vaults.set(name, vault);
    await secrets.createSecret({ Name: `vault/${name}`, SecretString: vault.rootToken });
    const variables = [`VAULT_ADDR=${vault.address}`, "VAULT_AUTH=token", `VAULT_CREDENTIAL_SECRET=vault/${name}`];
    writeFileSync(join(folder, `${name}.env`), variables.join("\n"));
  }
  for (const Name of names) await secrets.createSecret({ Name, SecretString: '{"password":"canary"}' });
});
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
  await Promise.all([...vaults.values()].map(async (vault) => vault.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const connections = (...clusters: readonly string[]): readonly string[] =>
  clusters.flatMap((name) => ["--cluster", `${name}=${join(folder, `${name}.env`)}`]);

async function migrate(...words: readonly string[]) {
  const env = stackVariables(stack);
  const printed = await runRekey(["migrate-mirror", "--secrets", pattern, ...words], { env });
  expect(printed.out + printed.err).not.toContain("canary");
  return printed;
}

async function heldBy(cluster: string): Promise<readonly string[]> {
  const vault = vaults.get(cluster);
  const held: string[] = [];
  for (const name of names) {
    const headers = { "x-vault-token": vault?.rootToken ?? "" };
    const { ok } = await fetch(`${vault?.address ?? ""}/v1/secret/data/${name}`, { headers });
    if (ok) held.push(name);
  }
  return held;
}

test("a cluster more: the plan says what moves, --apply moves it, and after that there is nothing to do", async () => {
  const before = ["--clusters", "one,two", ...connections("one", "two")];
  expect((await migrate(...before, "--apply")).out.trim().split("\n").at(-1)).toBe(
    "0 to move, 6 to write, 0 to withdraw, 0 failed: done",
  );
  const after = ["--clusters", "one,two,three", ...connections("one", "two", "three")];
  const plan = await migrate(...after);
  expect([plan.code, plan.err]).toEqual([0, ""]);
  expect(plan.out).toMatchInlineSnapshot(`
    "move      db/service-0  from one  to three
    move      db/service-1  from one  to three
    move      db/service-3  from one  to three
    move      db/service-4  from two  to three
    4 to move, 0 to write, 0 to withdraw, 0 failed: nothing was changed; --apply does it
    "
  `);
  expect(await heldBy("three")).toEqual([]);
  const done = await migrate(...after, "--apply");
  expect(done.out).toBe(plan.out.replace("nothing was changed; --apply does it", "done"));
  const held = [await heldBy("one"), await heldBy("two"), await heldBy("three")];
  expect(held[2]).not.toEqual([]);
  expect(held.flat().toSorted()).toEqual(names);
  expect((await migrate(...after)).out).toBe(
    "0 to move, 0 to write, 0 to withdraw, 0 failed: nothing was changed; --apply does it\n",
  );
});

test("a cluster less: it has a connection and is no longer named; --json is one object a line", async () => {
  const words = ["--clusters", "two,three", ...connections("one", "two", "three"), "--apply", "--json"];
  const { code, out } = await migrate(...words);
  expect(code).toBe(0);
  for (const line of out.trim().split("\n")) {
    expect(JSON.parse(line)).toMatchObject({ kind: "move", strays: ["one"] });
  }
  expect(await heldBy("one")).toEqual([]);
  expect([...(await heldBy("two")), ...(await heldBy("three"))].toSorted()).toEqual(names);
});

test("a cluster that is sealed ends it with its code, and no copy was withdrawn; repeated, it goes on", async () => {
  const words = ["--clusters", "one", ...connections("one", "two", "three"), "--apply"];
  const before = [await heldBy("two"), await heldBy("three")];
  vaults.get("one")?.faults.become({ kind: "sealed" });
  const { code, err } = await migrate(...words);
  expect([code, err]).toEqual([1, expect.stringContaining("mirror-unavailable")]);
  expect([await heldBy("two"), await heldBy("three")]).toEqual(before);
  vaults.get("one")?.faults.clear();
  expect((await migrate(...words)).out).toContain("6 to move, 0 to write, 0 to withdraw, 0 failed: done");
  expect(await heldBy("one")).toEqual(names);
});

test("two names of one place, a cluster without a connection, no secrets: option-invalid, and nothing is changed", async () => {
  const twice = ["--clusters", "one,same", ...connections("one"), "--cluster", `same=${join(folder, "one.env")}`];
  expect((await migrate(...twice, "--apply")).err).toContain("two clusters are at the same place");
  expect((await migrate("--clusters", "one,two", ...connections("one"), "--apply")).err).toContain(
    "no connection of two",
  );
  expect((await migrate("--clusters", "one", "--cluster", "one", "--apply")).err).toContain("option-invalid");
  expect((await migrate("--clusters", "one", "--cluster", "one=nowhere.env")).err).toContain("cannot be read");
  expect((await migrate("--clusters", "one", ...connections("one", "one"))).err).toContain("one is given twice");
  expect((await migrate("--clusters", "one", ...connections("one"), "--secrets", "")).err).toContain("option=secrets");
  expect(await heldBy("one")).toEqual(names);
});
