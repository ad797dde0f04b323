import { inspect } from "node:util";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import type { Invalidation } from "./invalidation/invalidation-handler.ts";
import type { InvalidationSink, SecretNotice } from "./invalidation/invalidation-source.ts";
import { requestBudget } from "./cache/request-budget.ts";
import { createSecretClient, type SecretClient, type VersionChoice } from "./secret-client.ts";
import type { SecretSource, SourceAnswer } from "./sources/secret-source.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const canary = "canary-value";
const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bad-AbCdEf";
const odd = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true }),
  fc.constantFrom<unknown>(undefined, null, "", 0, Number.NaN, Symbol(canary), () => canary, "x".repeat(100_000)),
);

/** What a callback of the service does: returns, throws, rejects, or never settles. */
type Deed = () => unknown;
const aDeed: fc.Arbitrary<Deed> = fc.oneof(
  odd.map((value) => () => value),
  odd.map((value) => () => {
    throw value;
  }),
  odd.map((value) => async () => Promise.reject(value)),
  fc.constantFrom<Deed>(
    async () => new Promise(() => undefined),
    () => {
      throw new Error(canary);
    },
    () => {
      throw Object.defineProperty(new Error(canary), "name", {
        get() {
          throw new Error(canary);
        },
      });
    },
    () => ({
      get issues() {
        throw new Error(canary);
      },
    }),
    () => ({ issues: [{ message: canary, path: [null] }] }),
  ),
);

const anAnswer = fc.oneof(
  fc.record({ versionId: odd, value: odd, createdAt: odd, secretArn: odd }, { requiredKeys: [] }),
  odd.map((value) => ({ versionId: "of no value", value })),
  odd.map((more) => ({ versionId: "v", value: new SecretValue(canary), createdAt: more, secretArn: more })),
  fc.constant({
    get versionId() {
      throw new Error(canary);
    },
  }),
);
/** What the source does of the bad secret; `good`: it gives the newest version. */
const aSource = fc.oneof(
  { weight: 2, arbitrary: fc.constant<"good" | Deed>("good") },
  { weight: 1, arbitrary: aDeed },
  {
    weight: 2,
    arbitrary: anAnswer.map(
      (answer): Deed =>
        () =>
          answer,
    ),
  },
);

const aNotice = fc.oneof(
  odd,
  fc.record(
    {
      secretArn: fc.oneof(odd, fc.constantFrom(arn, "bad", "good", arn.replace("111122223333", "999999999999"))),
      versionId: fc.oneof(odd, fc.constantFrom("v0", "v1", "never")),
      previousVersionId: odd,
      atMs: fc.oneof(odd, fc.constantFrom(0, 1e18, -1)),
      replacedStillWorks: odd,
    },
    { requiredKeys: [] },
  ),
);

interface World {
  readonly clock: ManualClock;
  readonly client: SecretClient;
  readonly sinks: InvalidationSink[];
  readonly given: Set<unknown>;
  bad: "good" | Deed;
  newest: number;
  readonly problems: string[];
}
type Step = (world: World) => void | Promise<void>;

const check = (world: World, error: unknown): void => {
  if (!(error instanceof RekeyError)) world.problems.push(`not typed: ${inspect(error).slice(0, 200)}`);
  else if (inspect(error, { depth: 5 }).includes(canary)) world.problems.push("a value was told");
};

/** Of the bad secret any version that the source gave, or a typed error. */
const follow = (world: World, read: () => Promise<unknown>): void => {
  let reading: Promise<unknown>;
  try {
    reading = read();
  } catch (error) {
    return check(world, error);
  }
  reading.then(
    (version) => {
      const versionId: unknown = Reflect.get(Object(version), "versionId");
      if (versionId !== undefined && !world.given.has(versionId))
        world.problems.push(`never given: ${inspect(versionId)}`);
    },
    (error: unknown) => check(world, error),
  );
};

const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((world) => follow(world, async () => world.client.get("bad"))),
  fc.constant<Step>((world) => follow(world, async () => world.client.refresh("bad"))),
  fc.constant<Step>((world) => follow(world, async () => world.client.pending("bad"))),
  odd.map<Step>((id) => (world) => {
    if (id === "bad" || id === "good") return;
    follow(world, async () => world.client.get("bad", id as VersionChoice).then(() => undefined));
    if (typeof id !== "string") follow(world, async () => world.client.get(id as string));
  }),
  aDeed.map<Step>((deed) => (world) => {
    const validate = deed as StandardSchema["~standard"]["validate"];
    follow(world, async () =>
      world.client.json("bad", { "~standard": { version: 1, vendor: "x", validate } }).then(() => undefined),
    );
  }),
  odd.map<Step>((schema) => (world) => {
    if (schema !== undefined)
      follow(world, async () => world.client.json("bad", schema as StandardSchema).then(() => undefined));
  }),
  aNotice.map<Step>((notice) => (world) => {
    for (const sink of world.sinks) void sink.notice(notice as SecretNotice);
  }),
  fc.tuple(fc.constantFrom("bad", arn), odd, odd, odd).map<Step>(([id, atLeast, atMs, withinMs]) => (world) => {
    try {
      world.client.invalidate(id, { atLeast, atMs, withinMs } as Invalidation);
    } catch (error) {
      check(world, error);
    }
  }),
  aSource.map<Step>((bad) => (world) => void (world.bad = bad)),
  fc.constant<Step>((world) => void world.newest++),
  fc.constantFrom(1, 500, 5_000, 40_000).map<Step>(
    (ms) =>
      async ({ clock }) =>
        clock.advance(ms),
  ),
  fc.constantFrom(5_000, 100_000).map<Step>(
    (ms) =>
      ({ clock }) =>
        clock.freeze(ms),
  ),
  fc.constant<Step>((world) => {
    if (world.client.peek("good")?.versionId === "never") world.problems.push("a notice became a version");
  }),
);

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
const warnings = process.listeners("warning");
beforeAll(() => {
  process.removeAllListeners("warning").on("warning", () => undefined);
  process.on("unhandledRejection", note).on("uncaughtException", note);
});
afterAll(() => {
  process.off("unhandledRejection", note).off("uncaughtException", note).removeAllListeners("warning");
  for (const listener of warnings) process.on("warning", listener);
});

function worldOf(listener: Deed): World {
  const clock = manualClock();
  const sinks: InvalidationSink[] = [];
  const answerOf = (id: string, index: number): SourceAnswer => ({
    versionId: `v${index}`,
    value: new SecretValue(`{"id":"${id}"}`),
    secretArn: arn.replace(":bad-", `:${id}-`),
  });
  const source: SecretSource = {
    read(secretId, at) {
      if (secretId !== "bad" && "label" in at) return Promise.resolve(answerOf("good", 0));
      if (world.bad !== "good") return world.bad() as Promise<undefined>;
      world.given.add(`v${world.newest}`);
      return Promise.resolve(answerOf("bad", world.newest));
    },
  };
  const client = createSecretClient({
    source,
    clock,
    ttlMs: 1_000,
    maxStaleMs: 3_600_000,
    requestTimeoutMs: 2_000,
    lagBudgetMs: 1_000,
    background: true,
    budget: requestBudget({ requestsPerSecond: 1e6, burst: 1e6, whenSpent: "wait" }, clock),
  });
  for (const event of ["rotated", "stale", "error"] as const) client.on(event, listener);
  client.subscribe({
    start(sink) {
      sinks.push(sink);
      return { stop: async () => undefined };
    },
  });
  const world: World = { clock, client, sinks, given: new Set(["v"]), bad: "good", newest: 0, problems: [] };
  return world;
}

test("whatever sources, listeners, schemas, callers and notices do, nothing is uncaught, errors are typed and told no value, and other secrets are read", async () => {
  await fc.assert(
    fc.asyncProperty(aDeed, fc.array(aStep, { maxLength: 25 }), async (listener, steps) => {
      const world = worldOf(listener);
      const { client, clock } = world;
      try {
        await client.get("good");
        await client.get("bad");
        for (const step of steps) await step(world);
        await clock.advance(30_000);
        // With the last good value held, whatever has happened since.
        const held = client.get("bad");
        const other = client.get("good");
        await clock.advance(30_000);
        if (!world.given.has((await held).versionId)) world.problems.push("the last good value is lost");
        expect((await other).versionId).toBe("v0");
        expect(Number.isSafeInteger(client.health().bytes)).toBe(true);
        world.bad = "good";
        await clock.advance(60_000);
        const again = client.refresh("bad");
        await clock.advance(60_000);
        expect((await again).versionId).toBe(`v${world.newest}`);
      } finally {
        await client.close();
      }
      await nextTurn();
      expect([...world.problems, ...uncaught.splice(0)]).toEqual([]);
    }),
    { numRuns: Number(process.env["REKEY_PROPERTY_RUNS"] ?? sampledRuns(300)) },
  );
});
