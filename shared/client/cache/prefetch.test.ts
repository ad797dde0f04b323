import { expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { CachedSecret, setRequestState } from "./cached-secret.ts";
import type { InFlightRequests } from "./in-flight-requests.ts";
import { prefetch } from "./prefetch.ts";
import type { Request } from "./bounded-request.ts";
import type { SecretSource, SourceAnswer } from "../sources/secret-source.ts";

const closing = new AbortController().signal;
const answer = (versionId: string): SourceAnswer => ({ versionId, value: new SecretValue(versionId) });
const entries = (count: number): CachedSecret[] =>
  Array.from({ length: count }, (_, index) => new CachedSecret(`s${index}`));

const entryOf =
  (given: readonly CachedSecret[]) =>
  (secretId: string): CachedSecret =>
    given.find((entry) => entry.secretId === secretId) ?? new CachedSecret(secretId);
const idsOf = (given: readonly CachedSecret[]): string[] => given.map(({ secretId }) => secretId);

/** Prefetches, and gives what was asked of whom and how each entry ended. */
async function prefetched(given: readonly CachedSecret[], readMany: unknown) {
  const ends = new Map<string, unknown>();
  const asked: string[] = [];
  const settle = async (entry: CachedSecret, work: Promise<SourceAnswer | undefined>): Promise<never> => {
    ends.set(entry.secretId, await work.catch((error: unknown) => error));
    throw new RekeyError("store-rejected");
  };
  const inFlightRequests: Pick<InFlightRequests, "join" | "request"> = {
    request: async (entry) => settle(entry, Promise.resolve(answer("flown"))),
    join: async (entry, ask) => settle(entry, ask(closing, { fromMs: 0 })),
  };
  const request: Request = async (name, work, giveUp) => {
    asked.push(name);
    expect(giveUp).toBe(closing);
    return work({ signal: giveUp });
  };
  const source = { read: async () => undefined, readMany } as SecretSource;
  await prefetch(idsOf(given), { entryOf: entryOf(given), source, request, inFlightRequests, closing });
  return { ends, asked };
}
const readingAll = vi.fn<(ids: readonly string[]) => Promise<unknown>>(
  async (ids) => new Map(ids.map((id) => [id, answer(id)])),
);

test("twenty secrets are read in one request, and those beyond them in another", async () => {
  const { ends, asked } = await prefetched(entries(21), readingAll);
  expect(asked).toEqual(["20 secrets", "s20"]);
  expect(ends.get("s0")).toMatchObject({ versionId: "s0" });
  expect(ends.get("s20")).toMatchObject({ versionId: "s20" });
  expect((await prefetched(entries(20), readingAll)).asked).toEqual(["20 secrets"]);
});

test("nothing is asked where there is nothing to read", async () => {
  expect((await prefetched([], readingAll)).asked).toEqual([]);
});

test("a secret with a request under way is not asked for again", async () => {
  const [busy, idle] = entries(2) as [CachedSecret, CachedSecret];
  const version = new Promise<never>(() => undefined);
  setRequestState(busy, { inFlight: { version, startedAtMs: 0, stillness: { fromMs: 0 }, abandon: () => undefined } });
  setRequestState(idle, { history: { noticeAtMs: 0, replaced: new Set(), disproved: new Map(), doubtedUntilMs: 0 } });
  expect([...(await prefetched([busy, idle], readingAll)).ends.keys()]).toEqual(["s1"]);
});

test.each([undefined, "no function"])("a source that reads one at a time is asked for each: %s", async (readMany) => {
  const { ends, asked } = await prefetched(entries(2), readMany);
  expect(asked).toEqual([]);
  expect([...ends.values()]).toMatchObject([{ versionId: "flown" }, { versionId: "flown" }]);
});

test("the source is asked as itself", async () => {
  const seen: unknown[] = [];
  await prefetched(entries(1), function readMany(this: unknown) {
    seen.push(this);
    return new Map();
  });
  expect(seen).toMatchObject([{ readMany: expect.any(Function) }]);
});

test("each secret has its own outcome: an answer, none, an error, or one that is no answer", async () => {
  const denied = new RekeyError("access-denied");
  const { ends } = await prefetched(
    entries(4),
    async () =>
      new Map<string, unknown>([
        ["s0", answer("v")],
        ["s1", denied],
        ["s2", { versionId: "" }],
      ]),
  );
  expect(ends.get("s0")).toMatchObject({ versionId: "v" });
  expect(ends.get("s1")).toBe(denied);
  expect(ends.get("s2")).toMatchObject({ code: "source-malformed", context: { secret: "s2" } });
  expect(ends.get("s3")).toBeUndefined();
});

test("a source that gives no map fails for each secret by its name", async () => {
  const { ends } = await prefetched(entries(2), async () => [answer("v")]);
  for (const secret of ["s0", "s1"])
    expect(ends.get(secret)).toMatchObject({
      code: "source-malformed",
      context: { secret, operation: "read", problem: "readMany gave no Map" },
    });
});

test("a request that fails is left to the reads that need it, also where nobody waits for it", async () => {
  const failed = new RekeyError("store-throttled");
  const { ends } = await prefetched(entries(1), async () => Promise.reject(failed));
  expect(ends.get("s0")).toBe(failed);
  const inFlightRequests: Pick<InFlightRequests, "join" | "request"> = {
    request: vi.fn<InFlightRequests["request"]>(),
    join: async () => Promise.reject(failed),
  };
  const source = { read: async () => undefined, readMany: async () => Promise.reject(failed) };
  await prefetch(["s0"], {
    entryOf: entryOf([]),
    source,
    request: async (_, work) => work({ signal: closing }),
    inFlightRequests,
    closing,
  });
  expect(inFlightRequests.request).not.toHaveBeenCalled();
});
