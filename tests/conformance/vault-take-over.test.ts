import { describe, expect, test } from "vitest";
import { vaultKv2View } from "../../shared/mirrors/kv2-view.ts";
import { canary, entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { ownerStage, ownerVaults } from "../support/owner-stage.ts";

const takesOver = { takesOver: true };

describe.each(ownerVaults)("a take-over of a key", (server, isPresent, start) => {
  describe.skipIf(!isPresent)(`on ${server}`, () => {
    const {
      admin,
      send,
      asked,
      fresh,
      mirror,
      mirrorAfter,
      compare,
      intruder,
      recordOf,
      recorded,
      patchRecord,
      passwordOf,
    } = ownerStage(start);

    test("a take-over gives the key to one secret for good, whose is newer or not", async () => {
      const name = fresh();
      const heir = intruder(name, { minute: 1 });
      await mirror().write(entryOf(name, { minute: 5 }), inTime());
      const view = vaultKv2View({ name: "eu", mirrors: () => true }, send());
      expect(await view.look(heir, inTime())).toMatchObject({ revision: 1, owner: entryOf(name).secretArn });
      asked.length = 0;
      expect(await mirror().write(heir, inTime(), takesOver)).toEqual({ revision: 2, written: true });
      expect(asked).toEqual(["read", "patch", "write", "patch"]);
      expect(await recordOf(name)).toEqual(recorded(heir, "2"));
      expect(await mirror().write(heir, inTime(), takesOver)).toEqual({ revision: 2, written: false });
      expect(await passwordOf(name)).toBe(`${canary}-1`);
      for (const minute of [5, 6]) {
        const error = await failureOf(mirror().write(entryOf(name, { minute }), inTime()));
        expect(error).toMatchObject({ code: "mirror-foreign", context: { owner: heir.secretArn } });
      }
      expect(await mirror().withdraw(entryOf(name), inTime())).toEqual({ withdrawn: false });
      expect(await view.look(heir, inTime())).toMatchObject({ versionId: heir.versionId });
    });

    test("a take-over that died half way shows nothing of the former owner as the new one's, and goes on with the next write", async () => {
      const name = fresh();
      const heir = intruder(name, { minute: 1 });
      await mirror().write(entryOf(name, { minute: 5 }), inTime());
      const dying = mirrorAfter(async (request) => {
        if (request.path.startsWith("secret/data/") && request.verb === "write") throw new Error("killed");
      });
      await expect(dying.write(heir, inTime(), takesOver)).rejects.toThrow("killed");
      const former = entryOf(name, { minute: 5 });
      expect(await recordOf(name)).toEqual({ ...recorded(heir, "2"), rekey_version_id: former.versionId });
      expect(await mirror().withdraw(heir, inTime())).toEqual({ withdrawn: false });
      expect(await compare(heir)).toBe("older");
      expect(await mirror().write(heir, inTime())).toEqual({ revision: 2, written: true });
      expect(await recordOf(name)).toEqual(recorded(heir, "2"));
      expect(await passwordOf(name)).toBe(`${canary}-1`);
    });

    test("a former owner's late record after a take-over names no owner, and its version goes with the new one's next look", async () => {
      const name = fresh();
      const heir = intruder(name, { minute: 1 });
      await mirror().write(entryOf(name, { minute: 5 }), inTime());
      const overtaken = mirrorAfter(async (request) => {
        if (request.verb === "patch") await mirror().write(heir, inTime(), takesOver);
      });
      const late = entryOf(name, { minute: 6 });
      await overtaken.write(late, inTime());
      expect(await recordOf(name)).toEqual({ ...recorded(heir, "3"), rekey_version_id: late.versionId });
      expect(await compare(heir)).toBe("same");
      expect(await mirror().write(heir, inTime())).toEqual({ revision: 3, written: false });
      expect(await recordOf(name)).toEqual(recorded(heir, "3"));
    });

    test("a former owner's write that was under way during a take-over is not shown as the new owner's", async () => {
      const name = fresh();
      const former = entryOf(name, { minute: 7 });
      const heir = intruder(name, { minute: 1 });
      await mirror().write(entryOf(name, { minute: 5 }), inTime());
      const overtaken = mirrorAfter(async (request) => {
        if (request.path.startsWith("secret/data/") && request.verb === "write") {
          await patchRecord(name, { rekey_secret_arn: heir.secretArn, rekey_since_revision: "2" });
        }
      });
      expect(await failureOf(overtaken.write(former, inTime()))).toMatchObject({ code: "mirror-foreign" });
      expect((await admin("GET", `secret/data/${name}`)).status).toBe(404);
      expect(await compare(heir)).toBe("missing");
      expect(await mirror().write(heir, inTime())).toEqual({ revision: 3, written: true });
      expect(await recordOf(name)).toEqual(recorded(heir, "3"));
      expect(await passwordOf(name)).toBe(`${canary}-1`);
    });
  });
});
