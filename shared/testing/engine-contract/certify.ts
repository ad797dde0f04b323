import { AssertionError } from "node:assert/strict";
import { isRekeyError } from "../../errors/rekey-error.ts";
import { type Clause, type EngineFixture, type EngineServer, type Exemption, variantName } from "./fixture.ts";
import { type ClauseTest, contractGroups, type Group } from "./groups.ts";
import type { Stage } from "./stage.ts";
import { emptyTally, everyCase, type Sampling, type Tally } from "./suite.ts";

/** How one test of a clause ended. */
export interface ClauseResult {
  /** The way to rotate, or `connections`. */
  readonly group: string;
  readonly clause: Clause;
  /** What must hold. */
  readonly sentence: string;
  readonly outcome: "passed" | "failed";
  readonly seconds: number;
  /** Of a failed one: what was seen, without any password. */
  readonly detail?: string;
}

/** What the contract found of one engine on one server. */
export interface EngineReport {
  readonly name: string;
  readonly results: readonly ClauseResult[];
  /** By the way to rotate; fault points tried = converged where the contract holds. */
  readonly tallies: Readonly<Record<string, Tally>>;
  readonly exemptions: readonly (Exemption & { readonly group: string })[];
  /** Whether everything was tried and held. */
  readonly holds: boolean;
}

export interface CertifyOptions {
  /** Ends the run after the test that is under way, which it does not wait for. The server is stopped. */
  readonly signal?: AbortSignal;
  readonly onResult?: (result: ClauseResult) => void;
  /** Default: every case. */
  readonly sampled?: Sampling;
  /** Runs every test, with at most so many of the cases within each, such as points of failure. Default: as `sampled`. */
  readonly points?: number;
}

/** So many of the cases, evenly spread. */
const spread =
  (points: number): Sampling =>
  (cases) =>
    cases.length <= points
      ? cases
      : cases.filter(
          (_, at) => Math.floor(((at + 1) * points) / cases.length) > Math.floor((at * points) / cases.length),
        );

/** A server elsewhere answers more slowly than those on loopback that the limits of the tests were made for. */
const patience = 4;

/** The text without these passwords, and without any member of that name; short ones are no secret and may be words. */
function withoutPasswords(value: unknown, passwords: readonly string[]): string {
  const shown = (key: string, member: unknown): unknown => (key === "password" ? "…" : (member ?? null));
  const text = JSON.stringify(value, shown);
  return passwords
    .filter((password) => password.length >= 12)
    .reduce((rest, password) => rest.replaceAll(JSON.stringify(password).slice(1, -1), "…"), text);
}

/** Of a driver's error its name and code alone: its message may hold what it was given. */
function detailOf(error: unknown, stage: Stage): string {
  const passwords = [...stage.passwords, ...stage.containers.generated];
  if (!(error instanceof Error)) return typeof error;
  if (error instanceof AssertionError) {
    return `saw ${withoutPasswords(error.actual, passwords)} in place of ${withoutPasswords(error.expected, passwords)}`;
  }
  if (isRekeyError(error)) return error.message;
  return "code" in error ? `${error.name} ${String(error.code)}` : withoutPasswords(error.message, passwords);
}

/** Rejects when the time is up or the signal fires, whichever is first; the test itself is left to end with its stage. */
async function bounded({ run, timeoutMs }: ClauseTest, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(timeoutMs * patience);
  const end = AbortSignal.any([signal, limit]);
  end.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    end.addEventListener("abort", () => reject(new Error(limit.aborted ? "it did not end in time" : "interrupted")), {
      once: true,
    });
    run().then(resolve, reject);
  });
}

async function runGroup(
  group: Group,
  server: EngineServer,
  signal: AbortSignal,
  tell: (result: ClauseResult) => void,
): Promise<void> {
  const stage = await group.start(server);
  try {
    for (const one of group.tests) {
      if (signal.aborted) return;
      const { clause, sentence } = one;
      const startMs = performance.now();
      const ended = await bounded(one, signal).then(
        () => ({ outcome: "passed" }) as const,
        (error: unknown) => ({ outcome: "failed", detail: detailOf(error, stage) }) as const,
      );
      if (signal.aborted) return;
      const seconds = Math.round(performance.now() - startMs) / 1_000;
      tell({ group: group.name, clause, sentence, seconds, ...ended });
    }
  } finally {
    await stage.stop();
  }
}

/** By name: with and without an admin is one way to rotate. */
function summed(ways: readonly Pick<Group, "name" | "tally">[]): Readonly<Record<string, Tally>> {
  const tallies: Record<string, Tally> = {};
  for (const { name, tally } of ways) {
    const all = (tallies[name] ??= emptyTally());
    for (const count of Object.keys(tally) as (keyof Tally)[]) all[count] += tally[count];
  }
  return tallies;
}

/**
 * Runs the engine contract without a test runner, and says what held. Rejects where the server cannot be started or stopped:
 * with what the fixture rejects with.
 *
 * @example
 * ```ts
 * import { certify, type EngineFixture } from "rekey/testing/engine-contract";
 *
 * const holds = async (fixture: EngineFixture): Promise<boolean> => (await certify(fixture)).holds;
 * ```
 */
export async function certify(
  fixture: EngineFixture,
  { signal = new AbortController().signal, onResult, sampled = everyCase, points }: CertifyOptions = {},
): Promise<EngineReport> {
  const groups =
    points === undefined ? contractGroups(fixture, sampled) : contractGroups(fixture, spread(points), everyCase);
  const results: ClauseResult[] = [];
  const tell = (result: ClauseResult): void => {
    results.push(result);
    onResult?.(result);
  };
  const server = await fixture.start();
  try {
    for (const group of groups) if (!signal.aborted) await runGroup(group, server, signal, tell);
  } finally {
    await server.stop();
  }
  const ways = groups.filter(({ isOfVariant }) => isOfVariant);
  return {
    name: fixture.name,
    results,
    tallies: summed(ways),
    exemptions: fixture.variants.flatMap((variant) =>
      (fixture.exemptions ?? [])
        .filter(({ strategy = variant.strategy }) => strategy === variant.strategy)
        .map((exemption) => ({ ...exemption, group: variantName(variant) })),
    ),
    holds:
      results.every(({ outcome }) => outcome === "passed") &&
      results.length === groups.reduce((count, { tests }) => count + tests.length, 0),
  };
}
