import { describe, expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type KeyRing, parseKeyRing, signingKeyIn } from "../../signing-keys/key-ring.ts";
import { keyPolicy } from "./key-policy.ts";
import { makeKey } from "./make-key.ts";
import { nextRing } from "./next-ring.ts";

const hour = 3_600;
const empty = parseKeyRing("no-key-yet");
const policyOf = (tags: Readonly<Record<string, string>> = {}) => keyPolicy(new Map(Object.entries(tags)));
const policy = policyOf();

const made = async (ring: KeyRing, now: number, lastRotatedAt?: number, chosen = policy): Promise<KeyRing> =>
  nextRing(ring, { policy: chosen, now, lastRotatedAt, makeKey });

const kids = ({ keys }: KeyRing, state: string): readonly string[] =>
  keys.filter((key) => key.state === state).map(({ key }) => key.kid);

test("the first rotation makes the key that signs and the next one", async () => {
  const ring = await made(empty, 1_000);
  expect(ring.keys.map(({ state }) => state)).toEqual(["signing", "next"]);
  expect(ring.madeAt).toBe(1_000);
});

test("the next key signs from the following rotation on, and the one before it verifies without its private half", async () => {
  const first = await made(empty, 0);
  const second = await made(first, 3 * hour, 10);
  expect(kids(second, "signing")).toEqual(kids(first, "next"));
  expect(kids(second, "verifying")).toEqual(kids(first, "signing"));
  expect(second.keys.find(({ state }) => state === "verifying")?.jwk.d).toBeUndefined();
  expect(kids(first, "next")).not.toEqual(kids(second, "next"));
});

test("a key does not sign before it was published for the lead, counted from the end of the rotation", async () => {
  const first = await made(empty, 0);
  await expect(made(first, 600 + 2 * hour - 1, 600)).rejects.toMatchObject({
    code: "rotation-too-soon",
    disposition: "retry",
    retryAfterMs: 1_000,
  });
  const second = await made(first, 600 + 2 * hour, 600);
  expect(kids(second, "signing")).toEqual(kids(first, "next"));
});

describe("where it is not known since when AWSCURRENT stands", () => {
  test.each<[string, number | undefined]>([
    ["before any rotation was seen to end", undefined],
    ["after one that promoted and was not seen to end", 10 * hour - 61],
  ])("%s, the same key goes on signing, and nothing is dropped", async (_when, lastRotatedAt) => {
    const first = await made(await made(empty, 0), 3 * hour, 10);
    const current = { ...first, madeAt: 10 * hour };
    const next = await made(current, 1_000 * hour, lastRotatedAt);
    expect(next.keys).toEqual(current.keys);
    expect(next.madeAt).toBe(1_000 * hour);
  });

  test("clocks may differ by a minute", async () => {
    const first = await made(empty, 10 * hour);
    const second = await made(first, 20 * hour, 10 * hour - 60);
    expect(kids(second, "signing")).toEqual(kids(first, "next"));
  });
});

test("a key is verified by for the lead and a token lifetime after the version that replaced it stood, then dropped", async () => {
  const first = await made(empty, 0);
  const second = await made(first, 3 * hour, 10);
  const endedAt = 3 * hour + 10;
  const tooEarly = await made(second, endedAt + 26 * hour - 1, endedAt);
  expect(kids(tooEarly, "verifying")).toEqual([...kids(second, "signing"), ...kids(first, "signing")]);
  const inTime = await made(second, endedAt + 26 * hour, endedAt);
  expect(kids(inTime, "verifying")).toEqual(kids(second, "signing"));
  const later = await made(tooEarly, endedAt + 29 * hour, endedAt + 26 * hour);
  expect(kids(later, "verifying")).not.toContain(kids(first, "signing")[0]);
});

test("a shorter lifetime in the tag does not drop keys of tokens that were given a longer one", async () => {
  const long = policyOf({ "rekey:token-lifetime": "7d" });
  const short = policyOf({ "rekey:token-lifetime": "5m" });
  const first = await made(empty, 0, undefined, long);
  const second = await made(first, 3 * hour, 10, short);
  const third = await made(second, 100 * hour, 3 * hour, short);
  expect(kids(third, "verifying")).toContain(kids(first, "signing")[0]);
  expect(kids(await made(second, 7 * 24 * hour + 5 * hour, 3 * hour, short), "verifying")).not.toContain(
    kids(first, "signing")[0],
  );
});

test("a changed algorithm is published first, and signs from the second rotation on", async () => {
  const first = await made(empty, 0);
  const other = policyOf({ "rekey:signing-algorithm": "EdDSA" });
  const second = await made(first, 3 * hour, 0, other);
  const third = await made(second, 6 * hour, 3 * hour, other);
  expect([first, second, third].map((ring) => signingKeyIn(ring)?.key.alg)).toEqual(["ES256", "ES256", "EdDSA"]);
});

test("an imported key goes on signing while the first next key is published", async () => {
  const jwk = await makeKey("RS256");
  const imported = parseKeyRing(JSON.stringify({ keys: [{ state: "signing", jwk }] }));
  const first = await made(imported, 0);
  expect([kids(first, "signing"), kids(first, "next").length]).toEqual([[jwk["kid"]], 1]);
});

test("so many rotations within one lifetime that 16 keys are kept are refused until one may be dropped", async () => {
  const long = policyOf({ "rekey:token-lifetime": "90d" });
  let ring = await made(empty, 0, undefined, long);
  let now = 0;
  for (let rotation = 1; rotation <= 14; rotation++) {
    ring = await made(ring, now + 3 * hour, now, long);
    now += 3 * hour;
  }
  expect(ring.keys).toHaveLength(16);
  const refused = made(ring, now + 3 * hour, now, long);
  await expect(refused).rejects.toMatchObject({
    code: "rotation-too-soon",
    context: { problem: /more than 16 keys/u },
  });
  const retryAfterMs = await refused.then(
    () => 0,
    (error: unknown) => (error instanceof RekeyError ? (error.retryAfterMs ?? 0) : 0),
  );
  const again = now + 3 * hour + retryAfterMs / 1_000;
  expect((await made(ring, again, now, long)).keys).toHaveLength(16);
});
