import { beforeEach, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { VaultSource } from "../sources/vault/vault-source.ts";
import type { InvalidationSink } from "./invalidation-source.ts";
import { vaultPolling } from "./vault-polling.ts";

/** A pause ends each round, one that failed too. */
const passed = vi.hoisted(() => ({ rounds: 0 }));
vi.mock("node:timers/promises", () => ({ setTimeout: async () => void passed.rounds++ }));

type Revision = number | undefined | Error;
let told: unknown[];
let looked: string[];

/** One round for each list of revisions, by the order of the keys; then it is stopped. */
async function run(
  secretIds: readonly string[],
  rounds: readonly Readonly<Record<string, Revision>>[],
  read = async () => ({ versionId: "v", value: new SecretValue("canary") }) as object | undefined,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const vault = {
    async revision(secretId: string) {
      const revisions = rounds[passed.rounds];
      if (revisions === undefined) {
        done.resolve();
        return new Promise(() => undefined);
      }
      looked.push(`${secretId} ${passed.rounds}`);
      const revision = revisions[secretId];
      if (revision instanceof Error) throw revision;
      return revision;
    },
    read,
  } as unknown as VaultSource;
  const sink: InvalidationSink = {
    notice: (notice) => void told.push(notice),
    gap: () => void told.push("gap"),
    error: (error, secretId) => void told.push([error.code, error.context["reason"], secretId]),
    heard: () => void told.push("heard"),
  };
  const subscription = vaultPolling({ vault, secretIds, intervalMs: 1e-6 }).start(sink);
  await done.promise;
  const before = [...told];
  await subscription.stop();
  told = before;
}
const notice = (secretArn: string): object => ({ secretArn, versionId: "v" });
const silent = new RekeyError("mirror-unavailable");

beforeEach(() => {
  told = [];
  looked = [];
  passed.rounds = 0;
});

test.each([{ intervalMs: 0 }, { requestTimeoutMs: 0 }, { requestTimeoutMs: Number.NaN }])(
  "an option that is no time is refused: %o",
  (options) => {
    expect(() => vaultPolling({ vault: {} as VaultSource, secretIds: [], ...options })).toThrow(
      expect.objectContaining({ code: "option-invalid", context: { option: Object.keys(options)[0] } }),
    );
  },
);

test("the first round reports a gap, and a later one which version lies at a key that changed", async () => {
  await run(
    ["a", "b", "a"],
    [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ],
  );
  expect(told).toEqual(["gap", "heard", notice("b"), "heard", "heard"]);
  expect(looked).toEqual(["a 0", "b 0", "a 1", "b 1", "a 2", "b 2"]);
});

test("a key that is not there is reported once, and heard of when it comes", async () => {
  await run(["a"], [{ a: undefined }, { a: 0 }, { a: 1 }, { a: 0 }]);
  const missing = ["secret-not-found", undefined, "a"];
  expect(told).toEqual([missing, "gap", "heard", "heard", notice("a"), "heard", missing, "heard"]);
});

test("a key without a current version gives no notice", async () => {
  await run(["a"], [{ a: 1 }, { a: 2 }], async () => undefined);
  expect(told).toEqual(["gap", "heard", "heard"]);
});

test("a key that fails is reported by its id and keeps no other one back, and the source does not count as heard", async () => {
  await run(
    ["a", "b"],
    [
      { a: 1, b: 1 },
      { a: new TypeError("canary"), b: 2 },
      { a: 2, b: 2 },
    ],
  );
  expect(told).toEqual([
    "gap",
    "heard",
    ["invalidation-unavailable", "TypeError", "a"],
    notice("b"),
    notice("a"),
    "heard",
  ]);
});

test("a Vault that answers for no key ends the round, and the next one begins with the key after it", async () => {
  const all = { a: silent, b: silent, c: silent, d: silent };
  await run(["a", "b", "c", "d"], [all, { a: 1, b: 1, c: 1, d: 1 }]);
  expect(looked).toEqual(["a 0", "b 0", "c 0", "d 1", "a 1", "b 1", "c 1"]);
});

test("a Vault that answers for some keys is asked for all of them", async () => {
  await run(["a", "b", "c", "d"], [{ a: silent, b: silent, c: 1, d: silent }]);
  expect(looked).toEqual(["a 0", "b 0", "c 0", "d 0"]);
});

test.each([
  ["asks for fewer requests", new RekeyError("vault-throttled", { context: { status: 429 } })],
  ["refuses the login", new RekeyError("vault-login-refused", { context: { operation: "login" } })],
])("a Vault that %s is asked for no other key in this round, and no key is to blame", async (_, error) => {
  await run(
    ["a", "b"],
    [
      { a: error, b: 1 },
      { a: 1, b: 1 },
    ],
  );
  expect(looked).toEqual(["a 0", "b 1", "a 1"]);
  expect(told.some((each) => Array.isArray(each) && each[2] === "a")).toBe(false);
});
