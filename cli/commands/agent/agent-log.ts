import { inLines } from "../../output/output.ts";
import type { LogLevel } from "./agent-file.ts";
import type { Outlet } from "../../output/outlet.ts";

export interface AgentLog {
  /** Ids, numbers and codes only. */
  log(message: string, facts: object): void;
  /** How many lines were lost. */
  dropped(): number;
}

const ranks: Readonly<Record<LogLevel, number>> = { none: 0, error: 1, warn: 2, info: 3, debug: 3 };
const warnings: ReadonlySet<string> = new Set(["stale", "not read ahead", "subscription left behind"]);
const rankOf = (message: string): number => (message === "error" ? 1 : warnings.has(message) ? 2 : 3);

/** How many bytes may wait for a slow reader of the log. */
const mostPending = 1_048_576;

/**
 * Logs a JSON object a line, and never waits: while the log's reader is gone, its disk is full or too much waits to be
 * read, lines are dropped and counted. The first line that can be written again has before it how many were lost.
 */
export function agentLog(outlet: Outlet, nowMs: () => number, level: LogLevel = "info"): AgentLog {
  let dropped = 0;
  /** Of these, those that the log does not report yet. */
  let unreported = 0;
  /** Whether the last write failed, which may have left half a line. */
  let isBroken = false;

  const json = (message: string, facts: object): string =>
    JSON.stringify({ message, ...facts, at: new Date(nowMs()).toISOString() });

  return {
    dropped: () => dropped,
    log(message, facts) {
      if (rankOf(message) > ranks[level]) return;
      const line = json(message, facts);
      if (outlet.pending() > mostPending) {
        dropped++;
        unreported++;
        return;
      }
      const reported = unreported;
      unreported = 0;
      const lines = reported > 0 ? [json("log lines dropped", { count: reported }), line] : [line];
      outlet.write(`${isBroken ? "\n" : ""}${inLines(lines)}`, (error) => {
        isBroken = Boolean(error);
        if (!error) return;
        dropped++;
        unreported += reported + 1;
      });
    },
  };
}
