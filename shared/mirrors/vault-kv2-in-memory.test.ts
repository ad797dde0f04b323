import { describe, expect, test } from "vitest";
import { canary, entryDates, entryOf, failureOf, inTime } from "../../tests/support/mirror-entries.ts";
import { memoryVault } from "../../tests/support/memory-vault.ts";
import { memberAt } from "../answers/member-at.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import type { VaultAnswer } from "../vault/vault-client.ts";
import { vaultKv2Mirror } from "./vault-kv2.ts";

const entry = entryOf("app", { minute: 5 });
const [older, newer] = [entryOf("app", { minute: 4 }), entryOf("app", { minute: 6 })];
const [read, write, patch] = ["read secret/data/app", "write secret/data/app", "patch secret/metadata/app"];
const [remove, restore] = ["write secret/delete/app", "write secret/undelete/app"];
const recorded = (since: number, { secretArn, versionId } = entry) => ({
  rekey_secret_arn: secretArn,
  rekey_since_revision: String(since),
  rekey_version_id: versionId,
});

function open(written?: typeof entry) {
  const vault = memoryVault();
  const mirrorOn = (send: VaultSend) => vaultKv2Mirror(send, { versionDates: entryDates });
  const custom = async (custom_metadata: object) => vault.ask("patch", "secret/metadata/app", { custom_metadata });
  const stage = {
    ...vault,
    mirror: mirrorOn(vault.send),
    custom,
    forget: async () => vault.ask("write", "secret/metadata/app", { custom_metadata: {} }),
    remove: async (revision: number) => vault.ask("write", "secret/delete/app", { versions: [revision] }),
    put: async (data: object) => vault.ask("write", "secret/data/app", { data }),
    passwordNow: async () => memberAt((await vault.ask("read", "secret/data/app")).body, "data", "data", "password"),
    recordNow: async () => memberAt((await vault.ask("read", "secret/metadata/app")).body, "data", "custom_metadata"),
    /** Which revisions cannot be read. */
    async deleted() {
      const versions = memberAt((await vault.ask("read", "secret/metadata/app")).body, "data", "versions");
      return Object.entries(Object(versions))
        .filter(([, marks]) => memberAt(marks, "deletion_time") !== "")
        .map(([revision]) => Number(revision));
    },
    /** Does this before each request. */
    before: (first: (request: Parameters<VaultSend>[0]) => Promise<unknown>) =>
      mirrorOn(async (request, call) => {
        await first(request);
        return vault.send(request, call);
      }),
    /** Answers this request in another way. */
    answering: (request: string, answer: VaultAnswer) =>
      mirrorOn(async (asked, call) => (`${asked.verb} ${asked.path}` === request ? answer : vault.send(asked, call))),
  };
  const ready = async () => {
    if (written !== undefined) await stage.mirror.write(written, inTime());
    vault.sent.length = 0;
    return stage;
  };
  return ready();
}

describe("what is written", () => {
  test("the first version is written once, and its owner recorded from its revision on", async () => {
    const { mirror, sent, recordNow, passwordNow } = await open();
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 1, written: true });
    expect(sent).toEqual([read, write, patch]);
    expect([await recordNow(), await passwordNow()]).toEqual([recorded(1), `${canary}-5`]);
  });

  test.each([
    ["the same version", entry, 1, false, [read]],
    ["a newer version", newer, 1, false, [read]],
    ["an older version", older, 2, true, [read, write, patch]],
  ])("over %s", async (_what, held, revision, written, requests) => {
    const { mirror, sent, recordNow } = await open(held);
    expect(await mirror.write(entry, inTime())).toEqual({ revision, written });
    expect(sent).toEqual(requests);
    expect(await recordNow()).toEqual(recorded(1, written ? entry : held));
  });

  test("an altered version is written again, and the record says so already", async () => {
    const { mirror, sent, put } = await open(entry);
    await put({ password: "other" });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 3, written: true });
    expect(sent).toEqual([read, write]);
  });

  test("a record that lags behind what is held is put right", async () => {
    const { mirror, sent, custom, recordNow } = await open(entry);
    await custom({ rekey_version_id: "v0" });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 1, written: false });
    expect([sent, await recordNow()]).toEqual([[read, patch], recorded(1)]);
  });

  test("what was held before owners were recorded stays the secret's from the revision that proves it", async () => {
    const { mirror, forget, put, recordNow } = await open(older);
    await put({
      password: "other",
      rekey_version_id: older.versionId,
      rekey_created_at: older.createdAt.toISOString(),
    });
    await forget();
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 3, written: true });
    expect(await recordNow()).toEqual(recorded(2));
  });

  test("a write that somebody else overtook is decided again", async () => {
    const stage = await open(older);
    let isOvertaken = false;
    const late = stage.before(async ({ verb }) => {
      if (verb === "write" && !isOvertaken) {
        isOvertaken = true;
        await stage.mirror.write(newer, inTime());
      }
    });
    expect(await late.write(entry, inTime())).toEqual({ revision: 2, written: false });
    expect(await stage.passwordNow()).toBe(`${canary}-6`);
  });

  test("a key that is always overtaken is mirror-conflict after five attempts", async () => {
    const stage = await open(older);
    const late = stage.before(async ({ verb }) => (verb === "write" ? stage.put({ password: "other" }) : undefined));
    expect(await failureOf(late.write(entry, inTime()))).toMatchObject({
      code: "mirror-conflict",
      context: { path: "secret/data/app", attempts: 5 },
    });
    expect(stage.sent).toEqual(Array.from({ length: 5 }, () => [read, write]).flat());
  });

  test.each([
    ["the write", write, "secret/data/app", false],
    ["the record", patch, "secret/metadata/app", false],
    ["the undeletion", restore, "secret/undelete/app", true],
  ])("a refusal of %s is passed on", async (_what, request, path, isDeleted) => {
    const stage = await open(isDeleted ? entry : undefined);
    if (isDeleted) await stage.remove(1);
    const refused = stage.answering(request, { status: 403, body: {} });
    expect(await failureOf(refused.write(entry, inTime()))).toMatchObject({
      code: "mirror-unauthorized",
      context: { operation: "write", path, status: 403 },
    });
  });
});

describe("what was deleted", () => {
  test("the version itself is undeleted, which counts as written", async () => {
    const { mirror, sent, remove: removed, deleted } = await open(entry);
    await removed(1);
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 1, written: true });
    expect([sent, await deleted()]).toEqual([[read, restore, read], []]);
  });

  test("an older version is undeleted, replaced and deleted again", async () => {
    const { mirror, sent, remove: removed, deleted } = await open(older);
    await removed(1);
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 2, written: true });
    expect([sent, await deleted()]).toEqual([[read, restore, read, write, remove, patch], [1]]);
  });

  test("a destroyed version is written again", async () => {
    const { mirror, ask, sent } = await open(entry);
    await ask("write", "secret/destroy/app", { versions: [1] });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 2, written: true });
    expect(sent).toEqual([read, write]);
  });

  test("what turns out to be another secret's is deleted again", async () => {
    const stage = await open(entry);
    await stage.remove(1);
    let reads = 0;
    const late = stage.before(async ({ verb }) => {
      if (verb === "read" && ++reads === 2) await stage.custom({ rekey_secret_arn: "arn" });
    });
    expect(await failureOf(late.write(entry, inTime()))).toMatchObject({ code: "mirror-foreign" });
    expect([stage.sent, await stage.deleted()]).toEqual([[read, restore, read, remove], [1]]);
  });

  test("a deleted revision of a key that was taken over stays deleted", async () => {
    const { mirror, sent, custom, remove: removed, deleted } = await open(older);
    await custom({ rekey_since_revision: "2" });
    await removed(1);
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 2, written: true });
    expect([sent, await deleted()]).toEqual([[read, write, patch], [1]]);
  });
});

describe("whose it is", () => {
  const others = { rekey_secret_arn: "arn", rekey_since_revision: "1" };

  test.each([
    ["of another secret", others, "arn"],
    ["that rekey never wrote", { rekey_secret_arn: null }, undefined],
  ])("a key %s is mirror-foreign, and nothing is written", async (_what, custom, owner) => {
    const stage = await open(newer);
    await stage.put({ password: "theirs" });
    await stage.custom(custom);
    const error = await failureOf(stage.mirror.write(entry, inTime()));
    expect(error).toMatchObject({
      code: "mirror-foreign",
      context: { secret: entry.secretArn, path: "secret/data/app" },
    });
    expect([stage.sent, memberAt(error, "context", "owner")]).toEqual([[read], owner]);
  });

  test("it is taken over on request: the owner first, from the next revision on; even a newer version gives way", async () => {
    const { mirror, sent, custom, recordNow, passwordNow } = await open(newer);
    await custom(others);
    expect(await mirror.write(entry, inTime(), { takesOver: true })).toEqual({ revision: 2, written: true });
    expect(sent).toEqual([read, patch, write, patch]);
    expect([await recordNow(), await passwordNow()]).toEqual([recorded(2), `${canary}-5`]);
  });

  test("a newer version of its own gives way on request, too, and the key keeps its beginning", async () => {
    const { mirror, sent, recordNow } = await open(newer);
    expect(await mirror.write(entry, inTime(), { takesOver: true })).toEqual({ revision: 2, written: true });
    expect([sent, await recordNow()]).toEqual([[read, write, patch], recorded(1)]);
  });

  test("a take-over that was cut after the record is finished without a second record of the owner", async () => {
    const { mirror, sent, custom, recordNow } = await open(newer);
    await custom({ rekey_since_revision: "2" });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 2, written: true });
    expect([sent, await recordNow()]).toEqual([[read, write, patch], recorded(2)]);
  });

  test("the key of a deleted secret of the same name is inherited, from the next revision on", async () => {
    const { mirror, custom, recordNow } = await open(newer);
    await custom({ rekey_secret_arn: entry.secretArn.replace("AbCdEf", "ZyXwVu") });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 2, written: true });
    expect(await recordNow()).toEqual(recorded(2));
  });

  test("where another secret got the key meanwhile, what was written is deleted and not that one's", async () => {
    const stage = await open();
    const late = stage.before(async ({ verb, path }) => {
      if (`${verb} ${path}` !== write) return;
      await stage.ask("write", "secret/metadata/app", { custom_metadata: others });
    });
    expect(await failureOf(late.write(entry, inTime()))).toMatchObject({
      code: "mirror-foreign",
      context: { secret: entry.secretArn, path: "secret/data/app", owner: "arn" },
    });
    expect(stage.sent).toEqual([read, write, patch, remove]);
    expect([await stage.deleted(), await stage.recordNow()]).toEqual([[1], { ...others, rekey_since_revision: "2" }]);
  });
});

describe("what is withdrawn", () => {
  test("a version of the secret is deleted, and can be written again", async () => {
    const { mirror, sent, deleted } = await open(entry);
    expect(await mirror.withdraw(entry, inTime())).toEqual({ withdrawn: true });
    expect([sent, await deleted()]).toEqual([[read, remove], [1]]);
    expect(await mirror.withdraw(entry, inTime())).toEqual({ withdrawn: false });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 1, written: true });
  });

  test("its owner is recorded before, so that the deleted revision is still the secret's", async () => {
    const { mirror, sent, forget, recordNow } = await open(entry);
    await forget();
    expect(await mirror.withdraw(entry, inTime())).toEqual({ withdrawn: true });
    expect([sent, await recordNow()]).toEqual([[read, patch, remove], recorded(1)]);
  });

  test.each([
    ["nothing", undefined, {}, false],
    ["another secret's version", entry, { rekey_secret_arn: "arn" }, false],
    ["a version from before the key was taken over", entry, { rekey_since_revision: "2" }, false],
    ["what others wrote", entry, {}, true],
  ])("%s is left", async (_what, held, custom, isOverwritten) => {
    const stage = await open(held);
    await stage.custom(custom);
    if (isOverwritten) await stage.put({ password: "theirs" });
    expect(await stage.mirror.withdraw(entry, inTime())).toEqual({ withdrawn: false });
    expect(stage.sent).toEqual([read]);
  });

  test("a refusal to delete is passed on", async () => {
    const refused = (await open(entry)).answering(remove, { status: 503, body: {} });
    expect(await failureOf(refused.withdraw(entry, inTime()))).toMatchObject({
      code: "mirror-unavailable",
      context: { operation: "write", path: "secret/delete/app", status: 503 },
    });
  });
});
