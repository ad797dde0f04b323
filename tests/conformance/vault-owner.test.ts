import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isRekeyError } from "../../shared/errors/rekey-error.ts";
import { vaultKv2Audit } from "../../shared/mirrors/kv2-audit.ts";
import type { VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import type { MirrorEntry } from "../../shared/ports/mirror.ts";
import { canary, entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { ownerStage, ownerVaults } from "../support/owner-stage.ts";
import { at } from "../support/vault-http.ts";

const takesOver = { takesOver: true };
const codeOf = (error: unknown): string => (isRekeyError(error) ? error.code : String(error));

describe.each(ownerVaults)("whose a key is", (server, isPresent, start) => {
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
      metadataOf,
      recordOf,
      recorded,
      patchRecord,
      passwordOf,
      forget,
    } = ownerStage(start);

    test("a write is three requests, none is one, and the record names the owner and the version", async () => {
      const name = fresh();
      const requests = async (minute: number): Promise<readonly string[]> => {
        asked.length = 0;
        await mirror().write(entryOf(name, { minute }), inTime());
        return [...asked];
      };
      expect(await requests(1)).toEqual(["read", "write", "patch"]);
      expect(await recordOf(name)).toEqual(recorded(entryOf(name, { minute: 1 })));
      expect(await requests(2)).toEqual(["read", "write", "patch"]);
      expect(await requests(2)).toEqual(["read"]);
      expect(await recordOf(name)).toEqual(recorded(entryOf(name, { minute: 2 })));
    });

    test("a version that somebody altered is written again in two requests: the record names it already", async () => {
      const name = fresh();
      await mirror().write(entryOf(name), inTime());
      await admin("POST", `secret/data/${name}`, { data: { password: "by hand" } });
      asked.length = 0;
      expect(await mirror().write(entryOf(name), inTime())).toEqual({ revision: 3, written: true });
      expect(asked).toEqual(["read", "write"]);
      expect(await recordOf(name)).toEqual(recorded(entryOf(name)));
    });

    test("an older writer's late record is put right by the next look at either version, and by a withdrawal", async () => {
      const kept = { revision: 3, written: false };
      for (const [look, outcome, requests] of [
        [async (_older: MirrorEntry, newer: MirrorEntry) => mirror().write(newer, inTime()), kept, ["read", "patch"]],
        [async (older: MirrorEntry) => mirror().write(older, inTime()), kept, ["read", "patch"]],
        [
          async (older: MirrorEntry) => mirror().withdraw(older, inTime()),
          { withdrawn: true },
          ["read", "patch", "write"],
        ],
      ] as const) {
        const name = fresh();
        const [older, newer] = [entryOf(name, { minute: 2 }), entryOf(name, { minute: 3 })];
        await mirror().write(entryOf(name, { minute: 1 }), inTime());
        const overtaken = mirrorAfter(async (request) => {
          if (request.verb === "patch") await mirror().write(newer, inTime());
        });
        expect(await overtaken.write(older, inTime())).toEqual({ revision: 2, written: true });
        expect(await recordOf(name)).toEqual(recorded(older));
        expect(await passwordOf(name)).toBe(`${canary}-3`);
        expect([await compare(newer), await compare(older)]).toEqual(["same", "newer"]);
        asked.length = 0;
        expect(await look(older, newer)).toEqual(outcome);
        expect(asked).toEqual(requests);
        expect(await recordOf(name)).toEqual(recorded(newer));
      }
    });

    test("a VersionId that somebody puts into the record decides nothing, and goes with the next write", async () => {
      for (const versionId of [entryOf("any", { minute: 2 }).versionId, entryOf("any", { minute: 9 }).versionId, "x"]) {
        const name = fresh();
        const [held, next] = [entryOf(name, { minute: 1 }), entryOf(name, { minute: 2 })];
        await mirror().write(held, inTime());
        await patchRecord(name, { rekey_version_id: versionId });
        expect([await compare(held), await compare(next)]).toEqual(["same", "older"]);
        expect(await mirror().write(next, inTime())).toEqual({ revision: 2, written: true });
        expect(await mirror().write(held, inTime())).toEqual({ revision: 2, written: false });
        expect(await passwordOf(name)).toBe(`${canary}-2`);
        expect(await recordOf(name)).toEqual(recorded(next));
      }
    });

    test("a VersionId that Vault would refuse is recorded as its digest, and the owner with it", async () => {
      for (const versionId of [`\u001b[2J${"v".repeat(40)}`, "\u0000".repeat(32), "é".repeat(64), " \n".repeat(16)]) {
        const name = fresh();
        const entry = entryOf(name, { versionId });
        expect(await mirror().write(entry, inTime())).toEqual({ revision: 1, written: true });
        const digest = createHash("sha256").update(versionId).digest("hex");
        expect(await recordOf(name)).toEqual({ ...recorded(entry), rekey_version_id: `sha256:${digest}` });
        asked.length = 0;
        expect(await mirror().write(entry, inTime())).toEqual({ revision: 1, written: false });
        expect(asked).toEqual(["read"]);
      }
    });

    test("what others set in the custom metadata stays next to the owner", async () => {
      const name = fresh();
      await admin("POST", `secret/metadata/${name}`, { custom_metadata: { team: "shop" }, max_versions: 4 });
      await mirror().write(entryOf(name), inTime());
      expect(await recordOf(name)).toEqual({ team: "shop", ...recorded(entryOf(name)) });
      expect(await metadataOf(name)).toMatchObject({ max_versions: 4 });
    });

    test("an ARN of more than 512 bytes is recorded with its name's digest, and told from another of its length", async () => {
      const [long, other] = [`${"n".repeat(511)}a`, `${"n".repeat(511)}b`];
      const tags = new Map([["rekey:vault-path", fresh()]]);
      const entry = entryOf(long, { tags });
      await mirror().write(entry, inTime());
      const owner = String(at(await recordOf(tags.get("rekey:vault-path") ?? ""), "rekey_secret_arn"));
      expect(owner).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:sha256:[\da-f]{64}-AbCdEf$/);
      expect(await mirror().write(entry, inTime())).toMatchObject({ written: false });
      const error = await failureOf(mirror().write(entryOf(other, { tags, minute: 5 }), inTime()));
      expect(error).toMatchObject({ code: "mirror-foreign" });
    });

    test("a key that rekey never wrote is not written, also where it was deleted or destroyed, and is foreign", async () => {
      for (const method of ["nothing", "delete", "destroy"]) {
        const name = fresh();
        await admin("POST", `secret/data/${name}`, { data: { password: "by hand" } });
        if (method !== "nothing") await admin("PUT", `secret/${method}/${name}`, { versions: [1] });
        const before = await metadataOf(name);
        expect(await failureOf(mirror().write(entryOf(name), inTime()))).toMatchObject({ code: "mirror-foreign" });
        expect(await compare(entryOf(name))).toBe("foreign");
        expect(await mirror().withdraw(entryOf(name), inTime())).toEqual({ withdrawn: false });
        expect(await metadataOf(name)).toEqual(before);
      }
    });

    test("of secrets whose paths coincide, one wins, whoever begins; the others are mirror-foreign", async () => {
      for (let round = 0; round < 10; round++) {
        const name = fresh();
        const entries = [0, 1, 2, 3].map((n) =>
          n === 0
            ? entryOf(name)
            : entryOf(`x${n}-of-${name}`, {
                tags: new Map([["rekey:vault-path", name]]),
                minute: n,
              }),
        );
        const dates = entries.map(
          ({ secretArn, versionId, createdAt }) => [`${secretArn} ${versionId}`, createdAt] as const,
        );
        const versionDates: VaultKv2Options["versionDates"] = async (arn, id) => new Map(dates).get(`${arn} ${id}`);
        const results = await Promise.allSettled(
          entries.map(async (entry) => mirror({ versionDates }).write(entry, inTime())),
        );
        const codes = results.map((result) => (result.status === "rejected" ? codeOf(result.reason) : "won"));
        expect(codes.toSorted()).toEqual(["mirror-foreign", "mirror-foreign", "mirror-foreign", "won"]);
        const winner = entries[codes.indexOf("won")] ?? entryOf(name);
        expect(await recordOf(name)).toEqual(recorded(winner));
        expect(await compare(winner)).toBe("same");
        expect(at(await metadataOf(name), "current_version")).toBe(1);
      }
    });

    test("a key that was promised to another secret before its first revision shows nothing of this one", async () => {
      const name = fresh();
      const custom_metadata = { rekey_secret_arn: entryOf(name).secretArn };
      await admin("POST", `secret/metadata/${name}`, { custom_metadata });
      expect(await failureOf(mirror().write(intruder(name), inTime()))).toMatchObject({ code: "mirror-foreign" });
      expect((await admin("GET", `secret/data/${name}`)).status).toBe(404);
      expect(await mirror().write(entryOf(name), inTime())).toMatchObject({ written: true });
      expect(await passwordOf(name)).toBe(`${canary}-0`);
    });

    test("what an earlier release wrote is adopted by its version and time: the same, an older, also when withdrawn", async () => {
      for (const minute of [1, 2]) {
        const name = fresh();
        await mirror().write(entryOf(name, { minute: 1 }), inTime());
        await forget(name);
        expect(await compare(entryOf(name, { minute }))).toBe(minute === 1 ? "same" : "older");
        expect(await mirror().write(entryOf(name, { minute }), inTime())).toMatchObject({ revision: minute });
        expect(await recordOf(name)).toEqual(recorded(entryOf(name, { minute })));
      }
      const name = fresh();
      const entry = entryOf(name, { minute: 1 });
      await mirror().write(entry, inTime());
      await forget(name);
      const { value: _value, versionId: _id, createdAt: _at, ...secret } = entry;
      expect(await mirror().withdraw(secret, inTime())).toEqual({ withdrawn: true });
      expect(await recordOf(name)).toEqual(recorded(entry));
      expect(await mirror().write(entry, inTime())).toEqual({ revision: 1, written: true });
    });

    test("a key whose record names its owner alone gets the version at the next look", async () => {
      const name = fresh();
      const entry = entryOf(name);
      await mirror().write(entry, inTime());
      const { rekey_version_id: _version, ...custom_metadata } = recorded(entry);
      await admin("POST", `secret/metadata/${name}`, { custom_metadata });
      expect(await recordOf(name)).toEqual(custom_metadata);
      expect(await mirror().write(entry, inTime())).toEqual({ revision: 1, written: false });
      expect(await recordOf(name)).toEqual(recorded(entry));
    });

    test("what an earlier release wrote of a version that Secrets Manager has not any more is nobody's, and taken over by hand", async () => {
      const name = fresh();
      await mirror().write(entryOf(name, { minute: 1 }), inTime());
      await forget(name);
      const gone = mirror({ versionDates: async () => undefined });
      const next = entryOf(name, { minute: 2 });
      expect(await failureOf(gone.write(next, inTime()))).toMatchObject({ code: "mirror-foreign" });
      const audit = vaultKv2Audit(send(), { versionDates: async () => undefined });
      expect(await audit.holding(next, inTime())).toBe("unproven");
      expect(await gone.write(next, inTime(), takesOver)).toEqual({ revision: 2, written: true });
      expect(await gone.write(entryOf(name, { minute: 3 }), inTime())).toEqual({ revision: 3, written: true });
    });

    test("a secret that was created again under the name of one that is deleted goes on with its key; another region's does not", async () => {
      const name = fresh();
      const before = entryOf(name, { minute: 1 });
      const again = entryOf(name, { minute: 2, secretArn: before.secretArn.replace(/AbCdEf$/, "GhIjKl") });
      const abroad = entryOf(name, { minute: 3, secretArn: before.secretArn.replace("eu-west-1", "us-east-1") });
      await mirror().write(before, inTime());
      expect(await failureOf(mirror().write(abroad, inTime()))).toMatchObject({ code: "mirror-foreign" });
      expect(await mirror().withdraw(again, inTime())).toEqual({ withdrawn: false });
      expect(await compare(again)).toBe("older");
      await mirror().withdraw(before, inTime());
      expect(await mirror().write(again, inTime())).toEqual({ revision: 2, written: true });
      expect(await recordOf(name)).toEqual(recorded(again, "2"));
      expect(await mirror().withdraw(before, inTime())).toEqual({ withdrawn: false });
      expect(await passwordOf(name)).toBe(`${canary}-2`);
      expect((await admin("GET", `secret/data/${name}?version=1`)).status).toBe(404);
    });
  });
});
