import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { CachedVersion, CachedSecret, invalidated, keyOf, setRequestState } from "./cached-secret.ts";
import { type SecretTable, createSecretTable } from "./secret-table.ts";

const unlimited = Number.POSITIVE_INFINITY;
let reads = 0;

/** An entry that was read, and answered unless its value is `undefined`. */
const added = (table: SecretTable, secretId: string, value?: string): CachedSecret => {
  const entry = new CachedSecret(secretId);
  entry.usedAt = ++reads;
  table.add(entry);
  if (value !== undefined) answered(table, entry, value);
  return entry;
};
const answered = (table: SecretTable, entry: CachedSecret, value: string): void => {
  entry.version = { versionId: `v of ${entry.secretId}`, value: new SecretValue(value) };
  entry.ready = Promise.resolve(entry.version);
  entry.parsed = { schema: undefined, value: Promise.resolve(value) };
  entry.freshUntilMs = 1_000;
  table.settled(value.length);
};
const inFlight = (entry: CachedSecret): void => {
  const version = new Promise<never>(() => undefined);
  setRequestState(entry, { inFlight: { version, startedAtMs: 0, stillness: { fromMs: 0 }, abandon: () => undefined } });
};
const ids = (table: SecretTable): string[] => [...table.values()].map(({ secretId }) => secretId);

test("an entry is found by its key, and counts its ids and its value", () => {
  const table = createSecretTable({ maxSecrets: 10, maxBytes: unlimited });
  const entry = added(table, "abc", "value");
  const stage = new CachedVersion("abc", { label: "AWSPENDING" });
  table.add(stage);
  expect(table.get("abc")).toBe(entry);
  expect(table.get(keyOf("abc", stage.at))).toBe(stage);
  expect(table.get("another")).toBeUndefined();
  expect(table.size).toBe(2);
  expect(table.bytes).toBe(300 + 2 * 3 + 5 + 300 + 2 * "abc\0label AWSPENDING".length);
});

test("a table that is cleared holds nothing, and the entries serve nothing", () => {
  const table = createSecretTable({ maxSecrets: 10, maxBytes: unlimited });
  const entries = [added(table, "a", "value"), added(table, "b")];
  table.clear();
  expect([table.size, table.bytes, table.get("a")]).toEqual([0, 0, undefined]);
  const [entry] = entries;
  expect(entry).toMatchObject({ version: undefined, ready: undefined, parsed: undefined, freshUntilMs: invalidated });
});

test("as many entries stay as there is room for", () => {
  const table = createSecretTable({ maxSecrets: 2, maxBytes: unlimited });
  for (const id of ["a", "b"]) added(table, id, "value");
  expect(ids(table)).toEqual(["a", "b"]);
  added(table, "c", "value");
  expect(ids(table)).toEqual(["b", "c"]);
});

test("the entry that was unused for the longest time goes first, and serves nothing from then on", () => {
  const table = createSecretTable({ maxSecrets: 3, maxBytes: unlimited });
  const [a, b] = ["a", "b", "c"].map((id) => added(table, id, "value"));
  if (a !== undefined) a.usedAt = ++reads;
  added(table, "d", "value");
  expect(ids(table)).toEqual(["a", "c", "d"]);
  expect(b).toMatchObject({ version: undefined, freshUntilMs: invalidated });
});

test("an entry that was never answered goes before every other one", () => {
  const table = createSecretTable({ maxSecrets: 3, maxBytes: unlimited });
  added(table, "a", "value");
  added(table, "b");
  added(table, "c", "value");
  added(table, "d");
  expect(ids(table)).toEqual(["a", "c", "d"]);
});

test("an entry with a request in flight stays, and the table grows where all have one", () => {
  const table = createSecretTable({ maxSecrets: 2, maxBytes: unlimited });
  inFlight(added(table, "a", "value"));
  added(table, "b", "value");
  inFlight(added(table, "c"));
  expect(ids(table)).toEqual(["a", "c"]);
  added(table, "d");
  expect(ids(table)).toEqual(["a", "c", "d"]);
});

test("the order is kept for a tenth of the entries, and what changes meanwhile is passed over", () => {
  const table = createSecretTable({ maxSecrets: 40, maxBytes: unlimited });
  const entries = Array.from({ length: 40 }, (_, index) => added(table, `s${index}`, "value"));
  added(table, "more", "value");
  expect(table.get("s0")).toBeUndefined();
  const [, read, busy] = entries;
  if (read !== undefined) read.usedAt = ++reads;
  if (busy !== undefined) inFlight(busy);
  added(table, "even more", "value");
  expect(["s1", "s2", "s3"].map((id) => table.get(id) !== undefined)).toEqual([true, true, false]);
});

test("an entry that was cleared is not taken for the one that came after it", () => {
  const table = createSecretTable({ maxSecrets: 20, maxBytes: unlimited });
  for (let index = 0; index < 20; index++) added(table, `s${index}`, "value");
  added(table, "more", "value");
  table.clear();
  const again = added(table, "s1");
  again.usedAt = Number.MAX_SAFE_INTEGER;
  for (let index = 0; index < 20; index++) added(table, `t${index}`);
  expect(table.get("s1")).toBe(again);
  expect(table.size).toBe(20);
});

test("beyond the bytes entries go until the rest fits", () => {
  const table = createSecretTable({ maxSecrets: 10, maxBytes: 3 * 310 });
  for (const id of ["a", "b", "c"]) added(table, id, "12345678");
  expect(ids(table)).toEqual(["a", "b", "c"]);
  expect(table.bytes).toBe(3 * 310);
  const last = table.get("c");
  if (last?.version !== undefined) last.version = { versionId: "v2", value: new SecretValue("123456789") };
  table.settled(1);
  expect(ids(table)).toEqual(["b", "c"]);
  expect(table.bytes).toBe(2 * 310 + 1);
});
