import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { RekeyError } from "../../errors/reading-error.ts";
import { CachedSecret, type RequestState, setRequestState } from "./cached-secret.ts";
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

const history = {
  noticeAtMs: 1_800_000_000_123,
  replaced: new Set(["v1", "v2"]),
  disproved: new Map([["v3", 1_800_000_000_456]]),
  doubtedUntilMs: 7.5,
};

test("what a secret's rotations have taught comes out as it went in, and only of that secret", () => {
  const packed = createPackedSecrets();
  const rotated = entry();
  setRequestState(rotated, { history });
  const rows = [entry(), rotated, entry()].map((given) => packed.pack(given) ?? -1);
  const histories = rows.map((row) => packed.unpack(row, "a").requestState?.history);
  expect(histories).toEqual([undefined, history, undefined]);
  const again = rows.map(() => packed.pack(entry()) ?? -1);
  expect(again.toSorted((one, other) => one - other)).toEqual(rows);
  for (const row of again) expect(packed.unpack(row, "a").requestState).toBeUndefined();
});

test("what a row has no place for is not packed", () => {
  const { pack } = createPackedSecrets();
  const withState = (state: RequestState): CachedSecret => {
    const busy = entry();
    setRequestState(busy, { history, ...state });
    return busy;
  };
  const inFlight = {
    version: new Promise<never>(() => undefined),
    startedAtMs: 0,
    stillness: { fromMs: 0 },
    abandon: () => undefined,
  };
  const failure = { error: new RekeyError("store-throttled"), count: 1, retryAtMs: 0, deniedAtMs: undefined };
  const announced = { account: undefined, versionId: "v4", atMs: 1, timed: true, fromMs: 0, untilMs: 1 };
  const parsed = { schema: undefined, value: Promise.resolve(1) };
  for (const given of [
    withState({ inFlight }),
    withState({ failure }),
    withState({ announced }),
    entry({ parsed }),
    entry({ version: undefined }),
    entry({ confirmedAtMs: 0.5 }),
    entry({ usedAt: 2 ** 39 }),
  ])
    expect(pack(given)).toBeUndefined();
});
