import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { CachedSecret, setRequestState } from "./cached-secret.ts";
import { createPackedSecrets } from "./packed-secrets.ts";

const uuid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

const entry = (change: Partial<CachedSecret> = {}): CachedSecret =>
  Object.assign(new CachedSecret("a"), {
    version: { versionId: uuid, value: new SecretValue("one") },
    freshUntilMs: -1,
    usedAt: 5_000_000_000,
    confirmedAtMs: 7,
    createdAtSeconds: 1_800_000_000,
    account: "aws:1",
    ...change,
  });

test.each([uuid, uuid.toUpperCase(), "v1", `${uuid}0`, "-"])("an entry comes out as it went in: %s", (versionId) => {
  const packed = createPackedSecrets();
  const given = entry({ version: { versionId, value: new SecretValue("one") } });
  const rows = Array.from({ length: 200 }, () => packed.pack(given) ?? -1);
  expect(packed.numberOf(rows[199] ?? -1, "usedAt")).toBe(5_000_000_000);
  for (const row of rows) {
    const made = packed.unpack(row, "a");
    expect(made).toEqual(given);
    expect(made.version?.value.reveal()).toBe("one");
  }
});

test("what a row has no place for is not packed", () => {
  const { pack } = createPackedSecrets();
  const busy = entry();
  setRequestState(busy, { history: { noticeAtMs: 0, replaced: new Set(), disproved: new Map(), doubtedUntilMs: 0 } });
  const parsed = { schema: undefined, value: Promise.resolve(1) };
  for (const given of [
    busy,
    entry({ parsed }),
    entry({ version: undefined }),
    entry({ confirmedAtMs: 0.5 }),
    entry({ usedAt: 2 ** 39 }),
  ])
    expect(pack(given)).toBeUndefined();
});
