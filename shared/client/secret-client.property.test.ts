import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, test, vi } from "vitest";
import type { ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import { requestBudget } from "./cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "./secret-client.ts";
import type { SecretSource, SourceAnswer, SourceVersion } from "./sources/secret-source.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const ids = ["a", "b", "c"] as const;
type Id = (typeof ids)[number];
const maxSecrets = 2;
const ttlMs = 5_000;
const maxStaleMs = 60_000;
const maxDeniedMs = 3_000;
const lagBudgetMs = 4_000;
/** What a read may take in addition to waiting for a source that lags. */
const answerMs = 100;
const allowedReads = 6;
const allowedWithinMs = 20_000;

/** An event: a lie has no version. */
interface Told {
  readonly index: number | undefined;
  readonly timed: boolean;
  /** The end of the lag budget. Events within it share it. */
  readonly untilMs: number;
  /** Whether the client must heed it: every event before it came true in time, and the allowance for reads is not used up. */
  readonly withholds: boolean;
  cameTrue: boolean;
}

/** What the world knows of a secret: versions 0 to `newest`, of which its replica shows those up to `visible`. */
interface Secret {
  newest: number;
  visible: number;
  readonly told: Told[];
  /** When the source was asked. */
  readonly askedAtMs: number[];
  newestServed: number;
  confirmedAtMs: number;
  /** By version, since 1970: a second apart at least. */
  readonly madeAtMs: number[];
}
interface Model {
  readonly secrets: Readonly<Record<Id, Secret>>;
}
interface Real {
  readonly clock: ManualClock;
  readonly client: SecretClient;
  source: { mode: "ok" | "hangs" | ErrorCode };
  readonly problems: string[];
  waiting: number;
  /** When the source last failed, or time last stood still. */
  troubledAtMs: number;
}
type Command = fc.AsyncCommand<Model, Real>;

const versionIdOf = (id: Id, index: number): string => `${id}-${index}`;
const indexOf = ({ versionId }: SourceVersion): number => Number(versionId.split("-")[1]);

function scriptedSource(model: Model, real: () => Real): SecretSource {
  const flying = new Map<string, AbortSignal>();
  return {
    async read(secretId, at, { signal }) {
      const id = secretId as Id;
      const { clock, problems, source } = real();
      if (flying.get(id)?.aborted === false) problems.push(`two requests of ${id}`);
      flying.set(id, signal);
      try {
        await clock.sleep(source.mode === "hangs" ? 1e9 : 7, signal);
        const secret = model.secrets[id];
        secret.askedAtMs.push(clock.nowMs());
        if (source.mode !== "ok") throw new RekeyError(source.mode === "hangs" ? "store-unavailable" : source.mode);
        const index = "versionId" in at ? indexOf({ versionId: at.versionId } as SourceVersion) : secret.visible;
        if (index > secret.visible) return undefined;
        const nowMs = clock.nowMs();
        if (!("versionId" in at)) secret.confirmedAtMs = nowMs;
        for (const told of secret.told) {
          const isOver = told.timed && told.index !== undefined && told.index < index;
          if (nowMs < told.untilMs && (told.index === index || isOver)) told.cameTrue = true;
        }
        const answer: SourceAnswer = {
          versionId: versionIdOf(id, index),
          value: new SecretValue(String(index)),
          createdAt: new Date(secret.madeAtMs[index] ?? 0),
        };
        return answer;
      } finally {
        if (flying.get(id) === signal) flying.delete(id);
      }
    },
  };
}

const hasAllowance = ({ askedAtMs }: Secret, nowMs: number): boolean =>
  askedAtMs.filter((askedMs) => nowMs - askedMs <= allowedWithinMs).length < allowedReads;

function checkServed(model: Model, real: Real, id: Id, version: SourceVersion, how: string): void {
  const nowMs = real.clock.nowMs();
  const secret = model.secrets[id];
  const served = indexOf(version);
  for (const { index = 0, untilMs, withholds } of secret.told)
    if (withholds && nowMs < untilMs && served < index && hasAllowance(secret, nowMs))
      real.problems.push(`${how} of ${id} gave ${served} after ${index} was announced`);
  if (served < secret.newestServed)
    real.problems.push(`${how} of ${id} went back from ${secret.newestServed} to ${served}`);
  secret.newestServed = Math.max(secret.newestServed, served);
  if (nowMs - secret.confirmedAtMs > ttlMs + maxStaleMs)
    real.problems.push(`${how} of ${id} gave what was confirmed ${nowMs - secret.confirmedAtMs} ms ago`);
}

function tell({ secrets }: Model, { clock }: Real, id: Id, index: number | undefined, timed: boolean): void {
  const secret = secrets[id];
  const nowMs = clock.nowMs();
  const isDoubted = secret.told.some(({ cameTrue, untilMs }) => nowMs >= untilMs && !cameTrue);
  const shared = secret.told.find(({ untilMs }) => nowMs < untilMs)?.untilMs;
  const withholds = index !== undefined && !isDoubted && hasAllowance(secret, nowMs);
  secret.told.push({ index, timed, withholds, untilMs: shared ?? nowMs + lagBudgetMs, cameTrue: false });
}

const command = (name: string, run: (model: Model, real: Real) => void | Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    if (real.problems.length > 0) throw new Error(real.problems.join("; "));
  },
  toString: () => name,
});

const follow = (model: Model, real: Real, id: Id, how: string, reading: Promise<SourceVersion>): void => {
  real.waiting++;
  const startedAtMs = real.clock.nowMs();
  const isQuiet = (): boolean => real.source.mode === "ok" && real.troubledAtMs + 10_000 < startedAtMs;
  reading
    .then(
      (version) => {
        checkServed(model, real, id, version, how);
        const tookMs = real.clock.nowMs() - startedAtMs;
        if (isQuiet() && tookMs > lagBudgetMs + answerMs) real.problems.push(`${how} of ${id} took ${tookMs} ms`);
      },
      (error: unknown) => {
        const isTold = error instanceof RekeyError && (!isQuiet() || error.retryAfterMs !== undefined);
        if (!isTold) real.problems.push(`${how} of ${id} threw ${String(error)}`);
      },
    )
    .finally(() => real.waiting--);
};

const anId = fc.constantFrom(...ids);
const commands = [
  anId.map((id) => command(`get ${id}`, (model, real) => follow(model, real, id, "get", real.client.get(id)))),
  anId.map((id) => command(`get ${id}`, (model, real) => follow(model, real, id, "get", real.client.get(id)))),
  anId.map((id) =>
    command(`refresh ${id}`, (model, real) => follow(model, real, id, "refresh", real.client.refresh(id))),
  ),
  anId.map((id) =>
    command(`peek ${id}`, (model, real) => {
      const version = real.client.peek(id);
      if (version !== undefined) checkServed(model, real, id, version, "peek");
    }),
  ),
  fc.tuple(anId, fc.boolean()).map(([id, replicated]) =>
    command(`rotate ${id}${replicated ? "" : " unseen"}`, ({ secrets }) => {
      secrets[id].newest++;
      vi.setSystemTime(Date.now() + 1_000);
      secrets[id].madeAtMs.push(Date.now());
      if (replicated) secrets[id].visible = secrets[id].newest;
    }),
  ),
  anId.map((id) => command(`replicate ${id}`, ({ secrets }) => void (secrets[id].visible = secrets[id].newest))),
  fc.tuple(anId, fc.nat(3), fc.boolean(), fc.boolean()).map(([id, late, timed, chained]) =>
    command(`push ${id} ${late} ${timed} ${chained}`, (model, real) => {
      const { newest, madeAtMs } = model.secrets[id];
      // Without a time, events must come in order.
      const index = timed ? Math.max(0, newest - late) : newest;
      tell(model, real, id, index, timed);
      real.client.invalidate(id, {
        atLeast: versionIdOf(id, index),
        ...(timed ? { atMs: madeAtMs[index] ?? 0 } : {}),
        ...(chained && index > 0 ? { previousVersionId: versionIdOf(id, index - 1) } : {}),
      });
    }),
  ),
  fc.tuple(anId, fc.nat(3), fc.constantFrom(undefined, Number.NaN, -1, 0, 60_000, 1e15)).map(([id, lie, aheadMs]) =>
    command(`lie ${id} ${lie} ${aheadMs}`, (model, real) => {
      tell(model, real, id, undefined, false);
      const { newest } = model.secrets[id];
      real.client.invalidate(id, {
        atLeast: `${id}-lie-${lie}`,
        previousVersionId: versionIdOf(id, newest),
        ...(aheadMs === undefined ? {} : { atMs: Date.now() + aheadMs }),
      });
    }),
  ),
  anId.map((id) => command(`invalidate ${id}`, (_model, { client }) => client.invalidate(id))),
  fc
    .constantFrom<Real["source"]["mode"]>("ok", "ok", "hangs", "store-throttled", "store-rejected", "access-denied")
    .map((mode) =>
      command(`source ${mode}`, (_model, real) => {
        real.source.mode = mode;
        if (mode === "ok") real.troubledAtMs = real.clock.nowMs();
      }),
    ),
  fc
    .constantFrom(1, 10, 400, 3_000, 9_000, 40_000)
    .map((ms) => command(`advance ${ms}`, async (_model, { clock }) => clock.advance(ms))),
  fc.constantFrom(2_000, 12_000, 70_000).map((ms) =>
    command(`freeze ${ms}`, async (_model, real) => {
      // A value that was chosen before is given before.
      await nextTurn();
      real.clock.freeze(ms);
      real.troubledAtMs = real.clock.nowMs();
    }),
  ),
];

async function settles(model: Model, real: Real): Promise<void> {
  real.source.mode = "ok";
  real.troubledAtMs = real.clock.nowMs();
  for (const id of ids) model.secrets[id].visible = model.secrets[id].newest;
  await real.clock.advance(60_000);
  if (real.waiting > 0) throw new Error(`${real.waiting} reads never settled`);
  const { secrets } = real.client.health();
  if (secrets > maxSecrets) throw new Error(`${secrets} secrets kept`);
  for (const id of ids) {
    // A read may still give a stale value, and asks alongside it.
    real.client.get(id).catch(() => undefined);
    await real.clock.advance(10_000);
    const reading = real.client.get(id);
    await real.clock.advance(10_000);
    const version = await reading;
    checkServed(model, real, id, version, "get");
    if (indexOf(version) !== model.secrets[id].newest) throw new Error(`${id} stayed at ${version.versionId}`);
  }
  if (real.problems.length > 0) throw new Error(real.problems.join("; "));
}

beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

test.each([true, false])(
  "whatever happens and whoever lies, no read waits longer than the lag budget, nothing older than a true event is served within it, no secret goes back, and a secret has one request at a time (background: %s)",
  async (background) => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "max" }), async (run) => {
        const clock = manualClock();
        const secret = (): Secret => ({
          newest: 0,
          visible: 0,
          told: [],
          askedAtMs: [],
          newestServed: 0,
          confirmedAtMs: 0,
          madeAtMs: [0],
        });
        const model: Model = { secrets: { a: secret(), b: secret(), c: secret() } };
        const source = scriptedSource(model, () => real);
        const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
        const client = createSecretClient({
          source,
          clock,
          budget,
          background,
          maxSecrets,
          ttlMs,
          maxStaleMs,
          maxDeniedMs,
          lagBudgetMs,
        });
        const real: Real = { clock, client, source: { mode: "ok" }, problems: [], waiting: 0, troubledAtMs: 0 };
        try {
          await fc.asyncModelRun(() => ({ model, real }), run);
          await settles(model, real);
        } finally {
          await client.close();
        }
      }),
      { numRuns: Number(process.env["REKEY_PROPERTY_RUNS"] ?? sampledRuns(300)) },
    );
  },
);
