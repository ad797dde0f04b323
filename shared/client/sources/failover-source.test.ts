import { expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { failoverSource } from "./failover-source.ts";
import type { SecretSource, SourceAnswer } from "./secret-source.ts";

const answer = (versionId: string): SourceAnswer => ({ versionId, value: new SecretValue(versionId) });
const answering = (versionId: string): SecretSource => ({ read: async () => answer(versionId) });
const refusing = (code: "store-throttled" | "store-unavailable" | "secret-not-found"): SecretSource => ({
  read: async () => Promise.reject(new RekeyError(code)),
});
const given: string[] = [];
const hanging = (name: string): SecretSource => ({
  read: async (_id, _at, { signal }) => new Promise(() => signal.addEventListener("abort", () => given.push(name))),
});
const read = async (...sources: [SecretSource, ...SecretSource[]]): Promise<SourceAnswer | undefined> =>
  failoverSource({ sources, hedgeAfterMs: 5 }).read(
    "a",
    { label: "AWSCURRENT" },
    { signal: new AbortController().signal },
  );

test("the primary's answer is taken as it is", async () => {
  expect(await read(answering("1"), answering("2"))).toMatchObject({ versionId: "1" });
  expect(await read(answering("1"), answering("2"))).not.toHaveProperty("fromReplica");
});

test.each(["store-throttled", "store-unavailable"] as const)(
  "after %s the replica is asked and says that it is one",
  async (code) => {
    expect(await read(refusing(code), answering("2"))).toMatchObject({ versionId: "2", fromReplica: true });
  },
);

test("a silent region is given up once another one has answered", async () => {
  given.length = 0;
  expect(await read(hanging("primary"), answering("2"))).toMatchObject({ versionId: "2" });
  expect(given).toEqual(["primary"]);
});

test("a secret that the primary does not know is not looked for elsewhere", async () => {
  await expect(read(refusing("secret-not-found"), answering("2"))).rejects.toMatchObject({ code: "secret-not-found" });
});

test("when all fail, the error is the primary's", async () => {
  await expect(read(refusing("store-throttled"), refusing("store-unavailable"))).rejects.toMatchObject({
    code: "store-throttled",
  });
});

test("many secrets are read in one request of the next region, each with its own outcome, where every source can", async () => {
  const call = { signal: new AbortController().signal };
  const failing: SecretSource = {
    ...refusing("store-unavailable"),
    readMany: async () => Promise.reject(new RekeyError("store-unavailable")),
  };
  const denied = new RekeyError("store-rejected");
  const replica: SecretSource = {
    ...answering("2"),
    readMany: async () =>
      new Map<string, SourceAnswer | RekeyError | undefined>([
        ["a", answer("2")],
        ["b", denied],
        ["c", undefined],
      ]),
  };
  const found = await failoverSource({ sources: [failing, replica] }).readMany?.(["a", "b", "c"], call);
  expect(found?.get("a")).toMatchObject({ versionId: "2", fromReplica: true });
  expect(found?.get("b")).toBe(denied);
  expect(found?.get("c")).toBeUndefined();
  expect(failoverSource({ sources: [replica, answering("1")] }).readMany).toBeUndefined();
});

test("a replica that gives something else than a batch fails like any other", async () => {
  const failing: Required<SecretSource> = {
    ...refusing("store-unavailable"),
    readMany: async () => Promise.reject(new RekeyError("store-unavailable")),
  };
  const wrong: Required<SecretSource> = { ...answering("2"), readMany: async () => undefined as never };
  const source = failoverSource({ sources: [failing, wrong] });
  const reading = source.readMany?.(["a"], { signal: new AbortController().signal });
  await expect(reading).rejects.toMatchObject({ code: "store-unavailable" });
});

test("a replica that knows no such version says so, and nothing more", async () => {
  const none: SecretSource = { read: async () => undefined };
  expect(await read(refusing("store-unavailable"), none)).toBeUndefined();
});

test("an option that the primary refuses is not tried elsewhere, and a replica's refusal is not final", async () => {
  const invalid: SecretSource = { read: async () => Promise.reject(new RekeyError("option-invalid")) };
  await expect(read(invalid, answering("2"))).rejects.toMatchObject({ code: "option-invalid" });
  expect(await read(refusing("store-unavailable"), invalid, answering("3"))).toMatchObject({ versionId: "3" });
  const foreign: SecretSource = { read: async () => Promise.reject(new TypeError("canary")) };
  expect(await read(foreign, answering("2"))).toMatchObject({ versionId: "2" });
});

test("every region is asked in its turn, and a primary that answers late still counts", async () => {
  const asked: string[] = [];
  const late = Promise.withResolvers<SourceAnswer>();
  const named = (name: string, work: SecretSource["read"]): SecretSource => ({
    read: async (...call) => {
      asked.push(name);
      return work(...call);
    },
  });
  const reading = read(
    named("1", async () => late.promise),
    named("2", refusing("store-unavailable").read),
    named("3", async () => {
      late.resolve(answer("1"));
      throw new RekeyError("store-unavailable");
    }),
  );
  expect(await reading).toEqual(answer("1"));
  expect(asked).toEqual(["1", "2", "3"]);
});

test("the regions are told when the caller gives up, and nothing listens afterwards", async () => {
  given.length = 0;
  const calling = new AbortController();
  const [added, removed] = [
    vi.spyOn(calling.signal, "addEventListener"),
    vi.spyOn(calling.signal, "removeEventListener"),
  ];
  const source = failoverSource({ sources: [answering("1"), answering("2")] });
  await source.read("a", { label: "AWSCURRENT" }, calling);
  expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  const failing: SecretSource = {
    read: async (_id, _at, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          given.push("1");
          reject(new RekeyError("store-unavailable"));
        }),
      ),
  };
  const asked = vi.fn<SecretSource["read"]>(async () => answer("2"));
  void failoverSource({ sources: [failing, { read: asked }] })
    .read("a", { label: "AWSCURRENT" }, calling)
    .catch(() => undefined);
  calling.abort();
  await new Promise((resolve) => setImmediate(resolve));
  expect([given, asked.mock.calls]).toEqual([["1"], []]);
});

test("a quick answer leaves no timer, and a silent primary is waited for 400 ms", async () => {
  vi.useFakeTimers();
  try {
    const asked: string[] = [];
    const replica: SecretSource = {
      read: async () => {
        asked.push("2");
        return answer("2");
      },
    };
    const call = { signal: new AbortController().signal };
    await failoverSource({ sources: [answering("1"), replica] }).read("a", { label: "AWSCURRENT" }, call);
    expect(vi.getTimerCount()).toBe(0);
    const reading = failoverSource({ sources: [hanging("1"), replica] }).read("a", { label: "AWSCURRENT" }, call);
    await vi.advanceTimersByTimeAsync(399);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await reading).toMatchObject({ versionId: "2" });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
