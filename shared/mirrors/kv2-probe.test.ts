import { expect, test } from "vitest";
import { entryDates, entryOf, inTime } from "../../tests/support/mirror-entries.ts";
import { memoryVault } from "../../tests/support/memory-vault.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { vaultKv2Probe } from "./kv2-probe.ts";
import { vaultKv2Mirror } from "./vault-kv2.ts";

const entry = entryOf("app");
const [path, metadata] = ["secret/data/app", "secret/metadata/app"];
const needed = { [path]: ["create", "read", "update"], [metadata]: ["patch"] };

/** Vault with a token that has these capabilities. */
function asToken(capabilities: Readonly<Record<string, unknown>>, vault = memoryVault()) {
  const asked: unknown[] = [];
  const send: VaultSend = async (request, call) => {
    if (request.path !== "sys/capabilities-self") return vault.send(request, call);
    asked.push([request.verb, request.body]);
    return { status: 200, body: { data: capabilities } };
  };
  return { asked, vault, probe: vaultKv2Probe(send, { versionDates: entryDates }) };
}

test("Vault is asked once for both places, and for the key where the token may write", async () => {
  const { asked, probe, vault } = asToken(needed);
  expect(await probe.probe(entry, inTime())).toEqual({ path, mayWrite: true });
  expect([asked, vault.sent]).toEqual([[["write", { paths: [path, metadata] }]], [`read ${path}`]]);
});

test.each([
  ["root", true, { [path]: ["root"], [metadata]: ["root"] }],
  ["more than is needed", true, { [path]: ["sudo", "update", "read", "create"], [metadata]: ["read", "patch"] }],
  ["no create", false, { ...needed, [path]: ["read", "update"] }],
  ["no read", false, { ...needed, [path]: ["create", "update"] }],
  ["no update", false, { ...needed, [path]: ["create", "read"] }],
  ["no patch", false, { ...needed, [metadata]: ["update"] }],
  ["only denials", false, { [path]: ["deny"], [metadata]: ["deny"] }],
  ["no answer for the key", false, { [metadata]: ["patch"] }],
  ["an answer that is no list", false, { ...needed, [metadata]: "root patch" }],
])("a token with %s may write: %s", async (_what, mayWrite, capabilities) => {
  const { probe, vault } = asToken(capabilities);
  expect(await probe.probe(entry, inTime())).toEqual({ path, mayWrite });
  expect(vault.sent).toEqual(mayWrite ? [`read ${path}`] : []);
});

test("a place that is another secret's is mirror-foreign, the secret's own is not", async () => {
  const vault = memoryVault();
  await vaultKv2Mirror(vault.send).write(entryOf("app", { minute: 4 }), inTime());
  const { probe } = asToken(needed, vault);
  expect(await probe.probe(entry, inTime())).toMatchObject({ mayWrite: true });
  await vault.ask("write", metadata, { custom_metadata: {} });
  expect(await probe.probe(entry, inTime())).toMatchObject({ mayWrite: true });
  await vault.ask("patch", metadata, { custom_metadata: { rekey_secret_arn: "arn" } });
  await expect(probe.probe(entry, inTime())).rejects.toMatchObject({
    code: "mirror-foreign",
    context: { secret: entry.secretArn, path, owner: "arn" },
  });
});

test("to log in is to ask for the mount alone, and a refusal is passed on", async () => {
  const { asked, probe } = asToken({});
  await probe.logIn(inTime());
  expect(asked).toEqual([["write", { paths: ["secret/data"] }]]);
  const refused = vaultKv2Probe(async () => ({ status: 403, body: {} }));
  await expect(refused.logIn(inTime())).rejects.toMatchObject({
    code: "mirror-unauthorized",
    context: { operation: "read", path: "sys/capabilities-self", status: 403 },
  });
});

test("the place is on the mirror's mount, below its prefix", async () => {
  const { send } = memoryVault();
  const probe = vaultKv2Probe(send, { pathPrefix: "aws" });
  expect(await probe.probe(entry, inTime())).toEqual({ path: "secret/data/aws/app", mayWrite: true });
  const denied = vaultKv2Probe(async () => ({ status: 200, body: {} }), { mount: "kv" });
  expect(await denied.probe(entry, inTime())).toEqual({ path: "kv/data/app", mayWrite: false });
});
