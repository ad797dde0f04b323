import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import type { CallOptions } from "../../ports/call.ts";
import { operatorHint } from "../by-hand/operator-request.ts";
import { fleetPage } from "./fleet-page.ts";
import {
  byName,
  type FleetSelection,
  type FleetView,
  inOrder,
  matching,
  type OrderedFleet,
  pageOf,
} from "./fleet-view.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import { canRotate } from "./health.ts";
import { lasting, type SecretSummary, summaryOf } from "./secret-summary.ts";

/** How far the index is. */
export interface FleetReading {
  /** Secrets read so far, of the first time; later the whole of it. */
  readonly secrets: number;
  /** Whether all of them were read once. */
  readonly isWhole: boolean;
  /** When the last reading of all ended. */
  readonly wholeAt?: Date;
  /** Why the last reading did not end, and what to do; it is tried again. */
  readonly problem?: { readonly code: ErrorCode; readonly hint: string };
}

/**
 * Every managed secret, as ListSecrets has it, in memory: any order, filter and page is answered at once and without a call.
 * ListSecrets itself can neither order by health nor begin in the middle.
 */
export interface FleetIndex {
  readonly reading: FleetReading;
  /** Grows with each change. */
  readonly revision: number;
  view(selection: FleetSelection): FleetView;
  /** The ARNs of those of a selection that rotate. */
  rotating(selection: Pick<FleetSelection, "search" | "tag" | "health">): readonly string[];
  /** Reads one secret again, whose changes the list has up to five minutes later. Errors: those of the store. */
  refresh(secretArn: string, call: CallOptions): Promise<void>;
  /** Reads all, again and again, until the signal fires. Never fails: `reading` says why it could not. */
  keepReading(call: CallOptions): Promise<void>;
}

export interface FleetIndexPorts extends Pick<FleetPorts, "listing" | "nowMs"> {
  readonly store: Pick<FleetPorts["store"], "describe">;
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
}

/** The pause after a reading is nine times as long as the reading. */
const pausesPerReading = 9;
const leastPauseMs = 15_000;
const pauseAfterFailureMs = 5_000;
/** How much later than DescribeSecret a list may have a change. */
const listIsLateMs = 300_000;

interface Kept {
  readonly summary: SecretSummary;
  /** The reading that it was last in. */
  readonly reading: number;
  /** When it was last looked at by itself. */
  readonly lookedAtMs?: number;
}

interface Ordered extends OrderedFleet {
  readonly revision: number;
  readonly atMs: number;
}

const isOther = (one: SecretSummary, other: SecretSummary): boolean =>
  JSON.stringify(lasting(one)) !== JSON.stringify(lasting(other));

const orderLastsMs = 1_000;
/** How many orders are kept: one for each window or tab with its own filters. */
const mostOrders = 8;

export function fleetIndex({ listing, store, nowMs, pause }: FleetIndexPorts): FleetIndex {
  const kept = new Map<string, Kept>();
  let all: readonly SecretSummary[] | undefined;
  const ordered = new Map<string, Ordered>();
  let revision = 0;
  let readings = 0;
  let reading: FleetReading = { secrets: 0, isWhole: false };

  function changed(): void {
    all = undefined;
    revision++;
  }

  function keep(secretArn: string, one: Kept): void {
    const before = kept.get(secretArn)?.summary;
    kept.set(secretArn, one);
    if (before === undefined || isOther(before, one.summary)) changed();
  }

  const secrets = (): readonly SecretSummary[] => (all ??= byName([...kept.values()].map(({ summary }) => summary)));

  /** Put into order once for all of its pages, and at most once a second while all are read for the first time. */
  function order(selection: Omit<FleetSelection, "offset" | "limit">): OrderedFleet {
    const key = JSON.stringify(selection);
    const before = ordered.get(key);
    const lasts = before?.revision === revision || (!reading.isWhole && nowMs() - (before?.atMs ?? 0) < orderLastsMs);
    const now = before !== undefined && lasts ? before : { ...inOrder(secrets(), selection), revision, atMs: nowMs() };
    ordered.delete(key);
    ordered.set(key, now);
    if (ordered.size > mostOrders) ordered.delete(ordered.keys().next().value ?? "");
    return now;
  }

  async function readAll(call: CallOptions): Promise<void> {
    const number = ++readings;
    let at = {};
    for (;;) {
      const page = await fleetPage({ listing, nowMs }, { limit: 100, ...at }, call);
      for (const summary of page.secrets) {
        const before = kept.get(summary.secretArn);
        const isNewer = before?.lookedAtMs === undefined || nowMs() - before.lookedAtMs > listIsLateMs;
        keep(summary.secretArn, isNewer ? { summary, reading: number } : { ...before, reading: number });
      }
      if (!reading.isWhole) reading = { ...reading, secrets: kept.size };
      if (page.cursor === undefined) break;
      at = { cursor: page.cursor };
    }
    for (const [secretArn, { reading: last }] of kept) {
      if (last !== number) kept.delete(secretArn);
    }
    // All have grown older, whatever else was found.
    changed();
    ordered.clear();
    reading = { secrets: kept.size, isWhole: true, wholeAt: new Date(nowMs()) };
  }

  return {
    get reading() {
      return reading;
    },
    get revision() {
      return revision;
    },
    view: ({ offset, limit, ...selection }) => pageOf(order(selection), { offset, limit }),
    rotating: (selection) =>
      matching(secrets(), selection)
        .filter(canRotate)
        .map(({ secretArn }) => secretArn),
    async refresh(secretArn, call) {
      const before = kept.get(secretArn);
      if (before === undefined) return;
      const fresh = summaryOf(await store.describe(secretArn, call), nowMs());
      const ageMs = fresh.ageMs ?? before.summary.ageMs;
      const summary = ageMs === undefined ? fresh : { ...fresh, ageMs };
      keep(secretArn, { summary, reading: before.reading, lookedAtMs: nowMs() });
    },
    async keepReading(call) {
      while (!call.signal.aborted) {
        const beganMs = nowMs();
        try {
          await readAll(call);
          await pause(Math.max((nowMs() - beganMs) * pausesPerReading, leastPauseMs), call);
        } catch (error) {
          if (call.signal.aborted) return;
          const problem = isRekeyError(error) ? error : new RekeyError("internal-fault");
          reading = { ...reading, problem: { code: problem.code, hint: operatorHint(problem) ?? problem.hint } };
          await pause(pauseAfterFailureMs, call);
        }
      }
    },
  };
}
