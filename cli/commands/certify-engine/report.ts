import type { Source } from "../../certification/live-server.ts";
import type { ClauseResult, EngineReport } from "../../../shared/testing/engine-contract/index.ts";
import type { Exemption, Tally } from "../../../shared/testing/engine-contract/index.ts";

/** Of the users that the run made. */
export interface UsersOfRun {
  readonly prefix: string;
  readonly made: number;
  /** Names of those that could not be removed. */
  readonly left: readonly string[];
}

export interface Facts {
  /** What the server says of itself, or the fixture's name. */
  readonly server: string;
  readonly engine: string;
  readonly host?: string;
  readonly port?: number;
  /** How the server's certificate was verified. */
  readonly tls?: string;
  readonly rekey: string;
  readonly node: string;
  readonly at: string;
  /** At most so many points of each list; absent: all. */
  readonly points?: number;
}

interface ClearTextSource {
  readonly source: string;
  /** How many entries were there; `null`: it could not be read. */
  readonly entries: number | null;
}

interface GroupReport extends Partial<Tally> {
  readonly group: string;
  readonly passed: number;
  readonly failed: number;
  /** Where clear text was looked for; absent for a group that does not look. */
  readonly clearTextSources?: readonly ClearTextSource[];
  readonly exempt: readonly Pick<Exemption, "clause" | "reason">[];
  readonly failures: readonly Pick<ClauseResult, "clause" | "sentence" | "detail">[];
}

/** What `--json` prints. */
export interface Certificate extends Facts {
  readonly outcome: "holds" | "fails" | "interrupted";
  readonly groups: readonly GroupReport[];
  readonly users?: UsersOfRun;
}

const sourcesIn = (found: readonly Source[] | undefined): Pick<GroupReport, "clearTextSources"> =>
  found === undefined
    ? {}
    : { clearTextSources: found.map(({ name, lines }) => ({ source: name, entries: lines?.length ?? null })) };

export function certificateOf(
  facts: Facts,
  { results, tallies, exemptions, holds }: EngineReport,
  isInterrupted: boolean,
  run?: { readonly users: UsersOfRun; readonly sources: ReadonlyMap<string, readonly Source[]> },
): Certificate {
  const users = run?.users;
  const names = [...new Set([...results.map(({ group }) => group), ...Object.keys(tallies)])];
  const groups = names.map((group): GroupReport => {
    const own = results.filter((result) => result.group === group);
    const failures = own.filter(({ outcome }) => outcome === "failed");
    return {
      group,
      passed: own.length - failures.length,
      failed: failures.length,
      ...tallies[group],
      ...sourcesIn(run?.sources.get(group)),
      exempt: [
        ...new Map(
          exemptions.flatMap(({ group: of, clause, reason }) => (of === group ? [[clause, { clause, reason }]] : [])),
        ).values(),
      ],
      failures: failures.map(({ clause, sentence, detail = "" }) => ({ clause, sentence, detail })),
    };
  });
  const isClean = users === undefined || users.left.length === 0;
  const outcome = isInterrupted ? "interrupted" : holds && isClean ? "holds" : "fails";
  return { outcome, ...facts, groups, ...(users === undefined ? {} : { users }) };
}

function groupText(one: GroupReport): readonly string[] {
  const { faultPoints, converged, givenUp, healed, lockOuts, clearTextFindings, failedLogins, properties } = one;
  const looked = (one.clearTextSources ?? []).map(({ source, entries }) =>
    entries === null ? `${source} (could not be read)` : `${source} (${entries} entries)`,
  );
  return [
    "",
    `${one.group}: ${one.passed} passed, ${one.failed} failed`,
    ...(faultPoints === undefined
      ? []
      : [
          `  fault points tried ${faultPoints}, converged ${converged}; given up ${givenUp}, healed ${healed}`,
          `  lock-outs ${lockOuts}, clear-text findings ${clearTextFindings}, failed logins ${failedLogins}, properties kept ${properties}`,
        ]),
    ...(looked.length === 0 ? [] : [`  clear text looked for in ${looked.join(", ")}`]),
    ...one.failures.flatMap(({ clause, sentence, detail }) => [`  failed ${clause}: ${sentence}`, `    ${detail}`]),
    ...one.exempt.map(({ clause, reason }) => `  exempt from ${clause}: ${reason}`),
  ];
}

export function certificateText(certificate: Certificate): readonly string[] {
  const { outcome, server, engine, host, port, tls, rekey, node, at, points, groups, users } = certificate;
  const place = host === undefined ? "" : ` at ${host}:${port} (TLS ${tls})`;
  const ended = { holds: "the engine contract holds", fails: "the engine contract FAILS", interrupted: "interrupted" };
  return [
    `${server}${place}, engine ${engine}`,
    `rekey ${rekey}, Node.js ${node}, ${at}, ${points === undefined ? "every point" : `at most ${points} points of each list`}`,
    ...groups.flatMap(groupText),
    "",
    ...(users === undefined ? [] : [`users ${users.prefix}…: ${users.made} made, ${users.left.length} left`]),
    ...(users?.left ?? []).map((name) => `  could not be removed: ${name}`),
    ended[outcome],
  ];
}
