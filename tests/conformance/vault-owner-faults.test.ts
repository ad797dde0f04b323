import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { type LocalVault, startVault } from "../../local/vault/server.ts";
import type { VersionDates } from "../../shared/mirrors/key-owner.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { isRekeyError } from "../../shared/errors/rekey-error.ts";
import type { Mirror, MirrorEntry } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { entryDates, entryOf, inTime } from "../support/mirror-entries.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

let vault: LocalVault;
let admin: VaultAdmin;
let serial = 0;

/** Of a secret whose versions are none of those that were written here. */
const noVersions: VersionDates = async () => undefined;

/** Logged in already, so that the first request is the first that concerns the key. */
async function mirrorOf(versionDates: VersionDates = entryDates): Promise<Mirror> {
  const login = { method: "token", token: new SecretValue(vault.rootToken) } as const;
  const send = connectVault({ address: vault.address, login });
  await send({ verb: "read", path: "secret/config" }, inTime());
  return vaultKv2Mirror(send, { versionDates });
}

beforeAll(async () => {
  vault = await startVault({ clock: movableClock() });
  admin = vaultAdmin(vault);
});
afterEach(() => vault.faults.clear());
afterAll(() => vault.stop());

interface Scene {
  readonly title: string;
  /** How many requests it makes when all goes well. */
  readonly requests: number;
  readonly before: (own: MirrorEntry) => Promise<void>;
  readonly act: (mirror: Mirror, own: MirrorEntry) => Promise<unknown>;
  /** Whether the other one may have the key if the first request was never answered. */
  readonly isFree?: boolean;
  readonly isWithdrawn?: boolean;
}

const wrote = async (entry: MirrorEntry, minute: number): Promise<unknown> => {
  const { versionId, createdAt, value } = entryOf(entry.secretName, { minute });
  return (await mirrorOf()).write({ ...entry, versionId, createdAt, value }, inTime());
};
const forget = async ({ secretName }: MirrorEntry): Promise<unknown> =>
  admin("POST", `secret/metadata/${secretName}`, { custom_metadata: {} });
/** Written by a rekey that recorded no owner. */
const adoptable =
  (minute: number): Scene["before"] =>
  async (own) => {
    await wrote(own, minute);
    await forget(own);
  };
const write: Scene["act"] = async (mirror, own) => mirror.write(own, inTime());

const scenes: readonly Scene[] = [
  { title: "a first write", requests: 3, before: async () => undefined, act: write, isFree: true },
  { title: "a later write", requests: 3, before: async (own) => void (await wrote(own, 1)), act: write },
  {
    title: "the adoption of an older version",
    requests: 3,
    before: adoptable(1),
    act: write,
  },
  {
    title: "the adoption of the same version",
    requests: 2,
    before: adoptable(5),
    act: write,
  },
  {
    title: "the succession of a secret that was created again",
    requests: 4,
    before: async (own) => {
      const predecessor = { ...own, secretArn: own.secretArn.replace(/AbCdEf$/, "GhIjKl") };
      await wrote(predecessor, 1);
    },
    act: write,
  },
  {
    title: "a look at a version that the record does not name yet",
    requests: 2,
    before: async (own) => {
      await wrote(own, 5);
      const type = { "Content-Type": "application/merge-patch+json" };
      const custom_metadata = { rekey_version_id: entryOf("any", { minute: 4 }).versionId };
      await admin("PATCH", `secret/metadata/${own.secretName}`, { custom_metadata }, type);
    },
    act: write,
  },
  {
    title: "a restoration",
    requests: 3,
    before: async (own) => {
      await wrote(own, 5);
      await (await mirrorOf()).withdraw(own, inTime());
    },
    act: write,
  },
  {
    title: "a withdrawal of what no owner is recorded of",
    requests: 3,
    before: adoptable(1),
    act: async (mirror, own) => mirror.withdraw(own, inTime()),
    isWithdrawn: true,
  },
];

describe.each(scenes)("$title", ({ requests, before, act, isFree = false, isWithdrawn = false }) => {
  const strikes = Array.from({ length: requests }, (_, n) => n + 1).flatMap((nth) => [
    { nth, kind: "refuse" as const },
    { nth, kind: "cut" as const },
  ]);
  test.each(strikes)(
    "whose request $nth is struck ($kind) lets no other secret in, and converges",
    async ({ nth, kind }) => {
      const name = `killed/${++serial}`;
      const own = entryOf(name, { minute: 5 });
      const other = entryOf(`other-of-${name}`, { minute: 9, tags: new Map([["rekey:vault-path", name]]) });
      await before(own);
      const mirror = await mirrorOf();
      const others = await mirrorOf(noVersions);
      vault.faults.inject({ kind }, { at: nth });
      await expect(act(mirror, own)).rejects.toMatchObject({ code: "mirror-unavailable" });
      vault.faults.clear();
      const outcomeOf = async (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => "done",
          (error: unknown) => (isRekeyError(error) ? error.code : String(error)),
        );
      const hadWritten = nth > 2 || (nth === 2 && kind === "cut");
      const isTaken = isFree && !hadWritten;
      const [winner, wins, loses] = isTaken
        ? ([other, () => others.write(other, inTime()), () => act(mirror, own)] as const)
        : ([own, () => act(mirror, own), () => others.write(other, inTime())] as const);
      expect(await outcomeOf(others.write(other, inTime()))).toBe(isTaken ? "done" : "mirror-foreign");
      expect([await outcomeOf(wins()), await outcomeOf(wins())]).toEqual(["done", "done"]);
      expect(await outcomeOf(loses())).toBe("mirror-foreign");
      const { body: metadata } = await admin("GET", `secret/metadata/${name}`);
      const versionId = isWithdrawn ? entryOf(name, { minute: 1 }).versionId : winner.versionId;
      expect(at(metadata, "data", "custom_metadata")).toMatchObject({
        rekey_secret_arn: winner.secretArn,
        rekey_version_id: versionId,
      });
      const held = (await admin("GET", `secret/data/${name}`)).body;
      expect(at(held, "data", "data", "rekey_version_id")).toBe(isWithdrawn ? undefined : winner.versionId);
    },
  );

  test(`makes ${requests} requests`, async () => {
    const own = entryOf(`counted/${++serial}`, { minute: 5 });
    await before(own);
    const mirror = await mirrorOf();
    vault.faults.inject({ kind: "refuse" }, { at: requests + 1 });
    await expect(act(mirror, own)).resolves.toBeDefined();
  });
});

describe("a take-over", () => {
  test.each(
    [1, 2, 3, 4].flatMap((nth) => [
      { nth, kind: "refuse" as const },
      { nth, kind: "cut" as const },
    ]),
  )(
    "whose request $nth is struck ($kind) goes on when it is repeated, and the key is one secret's throughout",
    async ({ nth, kind }) => {
      const name = `taken/${++serial}`;
      const former = entryOf(name, { minute: 9 });
      const heir = entryOf(`heir-of-${name}`, { minute: 5, tags: new Map([["rekey:vault-path", name]]) });
      await (await mirrorOf()).write(former, inTime());
      const mirror = await mirrorOf();
      vault.faults.inject({ kind }, { at: nth });
      const takeOver = async () => mirror.write(heir, inTime(), { takesOver: true });
      await expect(takeOver()).rejects.toMatchObject({ code: "mirror-unavailable" });
      vault.faults.clear();
      const outcomes = await Promise.allSettled([
        (await mirrorOf()).write(former, inTime()),
        mirror.write(heir, inTime()),
      ]);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      await takeOver();
      const held = (await admin("GET", `secret/data/${name}`)).body;
      expect(at(held, "data", "data", "rekey_version_id")).toBe(heir.versionId);
      expect(at(held, "data", "metadata", "custom_metadata")).toMatchObject({
        rekey_secret_arn: heir.secretArn,
        rekey_version_id: heir.versionId,
      });
      await expect((await mirrorOf()).write(former, inTime())).rejects.toMatchObject({ code: "mirror-foreign" });
    },
  );
});
