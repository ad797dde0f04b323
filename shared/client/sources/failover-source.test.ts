import { expect, test } from "vitest";
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
