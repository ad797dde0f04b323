import { expect, test } from "vitest";
import { entryOf, inTime } from "../../tests/support/mirror-entries.ts";
import { memoryVault } from "../../tests/support/memory-vault.ts";
import { vaultKv2View } from "./kv2-view.ts";
import { vaultKv2Mirror } from "./vault-kv2.ts";

const entry = entryOf("app");
const path = "secret/data/app";
const cluster = { name: "eu-1", mirrors: () => true };

async function mirrored() {
  const vault = memoryVault(1_000);
  await vaultKv2Mirror(vault.send).write(entry, inTime());
  return { vault, view: vaultKv2View(cluster, vault.send) };
}

test("a view is of its cluster, and says what is mirrored there", () => {
  const view = vaultKv2View(cluster, memoryVault().send);
  expect([view.cluster, view.mirrors]).toEqual(["eu-1", cluster.mirrors]);
});

test("it shows the version, its revision and its time, and no value", async () => {
  const { view } = await mirrored();
  expect(await view.look(entry, inTime())).toStrictEqual({
    path,
    revision: 1,
    versionId: entry.versionId,
    at: new Date(1_000),
  });
});

test("before the first write there is only the place and revision 0", async () => {
  expect(await vaultKv2View(cluster, memoryVault().send).look(entry, inTime())).toStrictEqual({ path, revision: 0 });
});

test("of another secret's key it shows the owner, and not the version", async () => {
  const { view, vault } = await mirrored();
  await vault.ask("patch", "secret/metadata/app", { custom_metadata: { rekey_secret_arn: "arn" } });
  const shown = { path, revision: 1, owner: "arn", at: new Date(1_000) };
  expect(await view.look(entry, inTime())).toStrictEqual(shown);
});

test("a key without a recorded owner shows its version", async () => {
  const { view, vault } = await mirrored();
  await vault.ask("write", "secret/metadata/app", { custom_metadata: {} });
  expect(await view.look(entry, inTime())).toMatchObject({ versionId: entry.versionId });
});

test("it looks at the mirror's mount, below its prefix", async () => {
  const vault = memoryVault();
  const look = vaultKv2View(cluster, vault.send, { mount: "kv", pathPrefix: "aws" }).look(entry, inTime());
  await expect(look).rejects.toMatchObject({ code: "mirror-rejected" });
  expect(vault.sent).toEqual(["read kv/data/aws/app"]);
});
