import { expect, test } from "vitest";
import { type LiveSecret, liveSecret } from "../../console/server/live-secret.ts";
import { isRekeyError, RekeyError } from "../../shared/errors/rekey-error.ts";
import { arnOf, memoryFleet } from "../operations/memory-fleet.ts";

const name = "db/orders";

/** What is told of one secret, until the test ends it. */
function stage() {
  const fleet = memoryFleet([name]);
  const ended = new AbortController();
  const { describe } = fleet.ports.store;
  let refusal: RekeyError | undefined;
  const store = {
    async describe(...words: Parameters<typeof describe>) {
      if (refusal !== undefined) throw refusal;
      return describe(...words);
    },
  };
  const told = liveSecret({ ...fleet.ports, store }, name, ended);
  return {
    fleet,
    async next(): Promise<LiveSecret | RekeyError> {
      const { value, done } = await told.next();
      if (done === true) throw new Error("it has ended");
      return value;
    },
    end: async (): Promise<boolean> => {
      ended.abort();
      return (await told.next()).done === true;
    },
    set refusal(error: RekeyError | undefined) {
      refusal = error;
    },
  };
}

const labelsIn = (told: LiveSecret | RekeyError): readonly string[] =>
  isRekeyError(told) ? [told.code] : told.details.versions.flatMap(({ labels }) => labels);

test("a secret is told at once, and then how it changes to its end", async () => {
  const { fleet, next, end } = stage();
  expect(labelsIn(await next())).toEqual(["AWSCURRENT"]);
  const waiting = next();
  await fleet.ports.administration.rotate(arnOf(name), "second", { signal: new AbortController().signal });
  expect(labelsIn(await waiting)).toEqual(["AWSPENDING", "AWSCURRENT"]);
  expect(labelsIn(await next())).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
  expect(await end()).toBe(true);
});

test("while nothing changes nothing is told, and log and trail are asked once in thirty seconds", async () => {
  const { fleet, next, end } = stage();
  await next();
  const startedMs = fleet.ports.nowMs();
  const before = fleet.calls.length;
  const waiting = next().catch(() => undefined);
  await expect.poll(() => fleet.ports.nowMs() - startedMs).toBeGreaterThan(120_000);
  const calls = fleet.calls.slice(before);
  const asked = (call: string): number => calls.filter((one) => one === call).length;
  expect(asked("FilterLogEvents")).toBeLessThan(asked("DescribeSecret") / 15);
  await end();
  await waiting;
});

test("a look that fails is told once, and the next one that succeeds is told again", async () => {
  const on = stage();
  await on.next();
  on.refusal = new RekeyError("access-denied");
  expect(labelsIn(await on.next())).toEqual(["access-denied"]);
  const waiting = on.next();
  on.refusal = undefined;
  expect(labelsIn(await waiting)).toEqual(["AWSCURRENT"]);
  expect(await on.end()).toBe(true);
});

test("a first look that fails is thrown", async () => {
  const on = stage();
  on.refusal = new RekeyError("secret-not-found");
  await expect(on.next()).rejects.toThrow("secret-not-found");
});
