import { expect, test } from "vitest";
import { entryDates, entryOf, inTime } from "../../tests/support/mirror-entries.ts";
import { memoryVault } from "../../tests/support/memory-vault.ts";
import { vaultKv2Audit } from "./kv2-audit.ts";
import { vaultKv2Mirror } from "./vault-kv2.ts";

const entry = entryOf("app", { minute: 5 });
const path = "secret/data/app";
const removed = ["write", "secret/delete/app", { versions: [1] }] as const;
const unrecorded = ["write", "secret/metadata/app", { custom_metadata: {} }] as const;
const laterOwned = ["patch", "secret/metadata/app", { custom_metadata: { rekey_since_revision: "2" } }] as const;
const othersOwn = ["patch", "secret/metadata/app", { custom_metadata: { rekey_secret_arn: "arn" } }] as const;

/** A mirror that holds this, and to which somebody did that. */
async function auditOf(
  holds: ReturnType<typeof entryOf> | object | undefined,
  ...done: readonly (readonly ["write" | "patch", string, object])[]
) {
  const vault = memoryVault();
  if (holds !== undefined && "secretArn" in holds) await vaultKv2Mirror(vault.send).write(holds, inTime());
  else if (holds !== undefined) await vault.ask("write", path, { data: holds });
  for (const request of done) await vault.ask(...request);
  vault.sent.length = 0;
  return { vault, audit: vaultKv2Audit(vault.send, { versionDates: entryDates }) };
}

test.each([
  ["nothing", "missing", undefined, []],
  ["the version", "same", entry, []],
  ["the version, deleted", "missing", entry, [removed]],
  ["an older version", "older", entryOf("app", { minute: 4 }), []],
  ["a newer version", "newer", entryOf("app", { minute: 6 }), []],
  ["the version with other fields", "altered", entry, [["patch", path, { data: { password: "other" } }] as const]],
  ["no version", "altered", entry, [["write", path, { data: { password: "other" } }] as const]],
  ["the version, and no owner is recorded", "same", entry, [unrecorded]],
  ["the version, from before the key was taken over", "older", entry, [laterOwned]],
  ["what rekey did not write", "foreign", { password: "other" }, []],
  ["another secret's version", "foreign", entry, [othersOwn]],
  ["another secret's version, deleted", "foreign", entry, [othersOwn, removed]],
])("compared with AWSCURRENT, a mirror that holds %s is %s", async (_what, state, holds, done) => {
  const { audit, vault } = await auditOf(holds, ...done);
  expect(await audit.compare(entry, inTime())).toBe(state);
  expect(vault.sent).toEqual([`read ${path}`]);
});

test.each([
  ["nothing", "nothing", undefined, []],
  ["a version of the secret", "own", entry, []],
  ["a version of the secret, and no owner is recorded", "own", entry, [unrecorded]],
  ["a deleted version", "nothing", entry, [removed]],
  ["no version any more", "nothing", entry, [["write", path, { data: { password: "other" } }] as const]],
  ["what rekey did not write", "nothing", { password: "other" }, []],
  ["a version from before the key was taken over", "nothing", entry, [laterOwned]],
  ["another secret's version", "nothing", entry, [othersOwn]],
  ["a version of nobody knows which secret", "unproven", { rekey_version_id: "v" }, []],
])("where a secret is not to be, a mirror that holds %s has of it: %s", async (_what, holding, holds, done) => {
  const { audit } = await auditOf(holds, ...done);
  expect(await audit.holding(entry, inTime())).toBe(holding);
});

test("without a store to ask, only the given version proves that a key is the secret's", async () => {
  const { vault } = await auditOf(entryOf("app", { minute: 4 }), unrecorded);
  expect(await vaultKv2Audit(vault.send).compare(entry, inTime())).toBe("foreign");
  expect(await vaultKv2Audit(vault.send).compare(entryOf("app", { minute: 4 }), inTime())).toBe("same");
});

test("the mount, the prefix and the templates are the mirror's", async () => {
  const vault = memoryVault();
  const options = { pathPrefix: "aws", templates: new Map([["spring", { pass: "{{password|raw}}" }]]) };
  const tagged = { ...entry, tags: new Map([["rekey:vault-map", "template:spring"]]) };
  await vaultKv2Mirror(vault.send, options).write(tagged, inTime());
  expect(await vaultKv2Audit(vault.send, options).compare(tagged, inTime())).toBe("same");
  await expect(vaultKv2Audit(vault.send, { mount: "kv" }).compare(entry, inTime())).rejects.toMatchObject({
    code: "mirror-rejected",
    context: { path: "kv/data/app" },
  });
});
