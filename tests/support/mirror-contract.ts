import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mirrorAccessContract } from "./mirror-access-contract.ts";
import { canary, entryOf, failureOf, inTime } from "./mirror-entries.ts";
import { type MirroredVault, startMirroredVault } from "./mirrored-vault.ts";
import type { VaultUnderTest } from "./openbao.ts";
import { at } from "./vault-http.ts";
import { sampledRuns } from "./sampled.ts";

const nameSegment = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019_+=.@-".split("")), minLength: 1, maxLength: 12 })
  .filter((segment) => segment !== "." && !segment.includes(".."));
const goodName = fc.array(nameSegment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));
const badPart = fc.constantFrom("#", "?", "%", " ", "\n", "\u0000", "\\", "*", "ä", "%2e%2e", "%2F");
const badName = fc.oneof(
  fc.tuple(goodName, badPart, goodName).map((parts) => parts.join("")),
  fc.constant(""),
);

/** What every Vault must make of the mirror's writes: run against the local Vault and a real one alike. */
export function mirrorContract(server: string, isPresent: boolean, start: () => Promise<VaultUnderTest>): void {
  describe.skipIf(!isPresent)(`the mirror on ${server}`, () => {
    let vault: MirroredVault;
    beforeAll(async () => {
      vault = await startMirroredVault(start);
    });
    afterAll(async () => vault.stop());

    test("the members of a JSON object become fields, beside the version's id, label and time", async () => {
      const { fresh, mirrorWith, read } = vault;
      const name = fresh();
      const text = '{"username":"app","password":"p w","port":5432,"ssl":true,"more":{"a":[1,null]}}';
      expect(await mirrorWith().write(entryOf(name, { text }), inTime())).toEqual({ revision: 1, written: true });
      expect(at(await read(name), "data", "data")).toEqual({
        username: "app",
        password: "p w",
        port: 5432,
        ssl: true,
        more: { a: [1, null] },
        rekey_version_id: "00000000-0000-4000-8000-000000000000",
        rekey_label: "AWSCURRENT",
        rekey_created_at: "2026-01-01T12:00:00.000Z",
      });
    });

    test("any other text becomes the one field value, to the last character", async () => {
      const { fresh, mirrorWith, read } = vault;
      for (const text of ["12345", "[1]", "null", '"quoted"', "", " é\n\t\u2028'\"\\ {", "{broken"]) {
        const name = fresh();
        await mirrorWith().write(entryOf(name, { text }), inTime());
        expect(at(await read(name), "data", "data", "value")).toBe(text);
      }
    });

    test("a number that Vault would round keeps its digits, as text", async () => {
      const { fresh, mirrorWith, read } = vault;
      const name = fresh();
      const text = '{"pin":12345678901234567890,"small":0.1234567890123456789,"zero":-0,"huge":1e400,"plain":1.50}';
      const entry = entryOf(name, { text });
      await mirrorWith().write(entry, inTime());
      expect(at(await read(name), "data", "data")).toMatchObject({
        pin: "12345678901234567890",
        small: "0.1234567890123456789",
        zero: 0,
        huge: "1e400",
        plain: 1.5,
      });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: false });
    });

    test("the same version twice makes no new revision, whatever JSON it is", async () => {
      const { fresh, mirrorWith } = vault;
      await fc.assert(
        fc.asyncProperty(fc.json(), fc.boolean(), async (json, wrapped) => {
          const entry = entryOf(fresh(), { text: wrapped ? `{"inner":${json}}` : json });
          expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
          expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: false });
        }),
        { numRuns: sampledRuns(25) },
      );
    });

    test("a newer version replaces an older one, and never the other way", async () => {
      const { fresh, mirrorWith, passwordOf } = vault;
      const name = fresh();
      const [older, newer] = [entryOf(name, { minute: 1 }), entryOf(name, { minute: 2 })];
      await mirrorWith().write(older, inTime());
      expect(await mirrorWith().write(newer, inTime())).toEqual({ revision: 2, written: true });
      expect(await mirrorWith().write(older, inTime())).toEqual({ revision: 2, written: false });
      expect(await passwordOf(name)).toBe(`${canary}-2`);
    });

    test("of two versions of the same millisecond the greater id stays, in either order", async () => {
      const { fresh, mirrorWith, passwordOf } = vault;
      const createdAt = new Date(0);
      for (const order of [
        [1, 2],
        [2, 1],
      ]) {
        const name = fresh();
        for (const minute of order) await mirrorWith().write(entryOf(name, { minute, createdAt }), inTime());
        expect(await passwordOf(name)).toBe(`${canary}-2`);
      }
    });

    test("versions written at the same time by many writers end with the newest", async () => {
      const { fresh, mirrorWith, passwordOf } = vault;
      const name = fresh();
      const minutes = [4, 1, 3, 2, 0];
      const results = await Promise.all(
        minutes.map((minute) => mirrorWith().write(entryOf(name, { minute }), inTime())),
      );
      expect(await passwordOf(name)).toBe(`${canary}-4`);
      expect(results[0]?.written).toBe(true);
    });

    test("what somebody else altered is put right, whether the version's id was kept or not", async () => {
      const { admin, fresh, mirrorWith, passwordOf } = vault;
      const name = fresh();
      const entry = entryOf(name);
      await mirrorWith().write(entry, inTime());
      const patched = { "Content-Type": "application/merge-patch+json" };
      await admin("PATCH", `secret/data/${name}`, { data: { password: "other" } }, patched);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 3, written: true });
      await admin("POST", `secret/data/${name}`, { data: { password: "other" } });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 5, written: true });
      expect(await passwordOf(name)).toBe(`${canary}-0`);
    });

    test("a deleted revision is undeleted; a destroyed one is written again, and the count goes on", async () => {
      const { admin, fresh, mirrorWith, passwordOf } = vault;
      const name = fresh();
      const entry = entryOf(name);
      await mirrorWith().write(entry, inTime());
      await admin("DELETE", `secret/data/${name}`);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
      expect(await passwordOf(name)).toBe(`${canary}-0`);
      await admin("PUT", `secret/destroy/${name}`, { versions: [1] });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 2, written: true });
      await admin("DELETE", `secret/metadata/${name}`);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
    });

    test("custom metadata and settings that others set are kept", async () => {
      const { admin, fresh, mirrorWith } = vault;
      const name = fresh();
      const custom_metadata = { owner: "payments" };
      await admin("POST", `secret/metadata/${name}`, { custom_metadata, cas_required: true, max_versions: 3 });
      for (const minute of [1, 2, 3, 4, 5]) await mirrorWith().write(entryOf(name, { minute }), inTime());
      const { body } = await admin("GET", `secret/metadata/${name}`);
      expect(at(body, "data")).toMatchObject({
        custom_metadata: {
          ...custom_metadata,
          rekey_secret_arn: entryOf(name).secretArn,
          rekey_since_revision: "1",
          rekey_version_id: entryOf(name, { minute: 5 }).versionId,
        },
        cas_required: true,
        max_versions: 3,
        current_version: 5,
      });
    });

    test("a prefix goes before the name, and the tag rekey:vault-path, which lies below it, stands for both", async () => {
      const { mirrorWith, passwordOf } = vault;
      const mirror = mirrorWith({ pathPrefix: "aws/prod" });
      const tags = new Map([["rekey:vault-path", "aws/prod/shop/db"]]);
      await mirror.write(entryOf("prefixed"), inTime());
      await mirror.write(entryOf("tagged", { tags }), inTime());
      expect(await passwordOf("aws/prod/prefixed")).toBe(`${canary}-0`);
      expect(await passwordOf("aws/prod/shop/db")).toBe(`${canary}-0`);
    });

    test("a name is refused, or is the key to the last character", async () => {
      const { admin, mirrorWith } = vault;
      await admin("POST", "sys/mounts/names", { type: "kv", options: { version: "2" } });
      const mirror = mirrorWith({ mount: "names" });
      const written = new Set<string>();
      await fc.assert(
        fc.asyncProperty(goodName, badName, async (good, bad) => {
          await mirror.write(entryOf(good, { versionId: randomUUID() }), inTime());
          written.add(good);
          const error = await failureOf(mirror.write(entryOf(bad), inTime()));
          expect(error).toMatchObject({ code: "mirror-path-invalid", disposition: "abort" });
        }),
        { numRuns: sampledRuns(40) },
      );
      const keys = async (folder: string): Promise<string[]> => {
        const { body } = await admin("LIST", `names/metadata/${folder}`);
        const listed = at(body, "data", "keys");
        const names = Array.isArray(listed) ? listed.map((name) => `${folder}${String(name)}`) : [];
        return (
          await Promise.all(names.map((name) => (name.endsWith("/") ? keys(name) : Promise.resolve([name]))))
        ).flat();
      };
      expect((await keys("")).toSorted()).toEqual([...written].toSorted());
    });

    test("a value that has one of rekey's own fields is mirror-rejected and not written", async () => {
      const { admin, fresh, mirrorWith } = vault;
      const name = fresh();
      const text = `{"rekey_version_id":"x","password":"${canary}"}`;
      const error = await failureOf(mirrorWith().write(entryOf(name, { text }), inTime()));
      expect(error).toMatchObject({ code: "mirror-rejected", context: { field: "rekey_version_id" } });
      expect((await admin("GET", `secret/data/${name}`)).status).toBe(404);
    });

    mirrorAccessContract(() => vault);
  });
}
