import type { ChaosReport } from "./run.ts";
import type { Assertion } from "./verdict.ts";

const shownProblems = 10;

const listed = (counts: Iterable<readonly [string, number]>): string =>
  [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => `${what} ${count}`)
    .join(", ") || "none";

/** The figures, a row each. */
export function figuresOf(report: ChaosReport): readonly (readonly [string, string])[] {
  const { options, storm, histories, canaries, deadLetters } = report;
  const { load, kills, counts } = storm;
  const planned = [...counts].filter(([what]) => /^(cluster:|revoke|restart)/.test(what));
  const struck = [...counts].filter(([what]) => /: /.test(what) && !what.startsWith("cluster:"));
  return [
    ["seed", String(options.seed)],
    ["secrets, clusters", `${options.secrets} on ${report.products.join(", ")}`],
    ["rotations begun", `${load.rotations}, and ${load.leftOut} whose turn did not come in time`],
    ["values put by hand", String(load.edits)],
    ["secrets deleted and restored", String(load.deletions)],
    ["refused by Secrets Manager", `${load.refused}, as a rotation was not over or the secret was deleted`],
    ["troubles of clusters and services", listed(planned)],
    ["calls that suffered", listed(struck)],
    ["functions killed", `${kills.count}: ${listed(kills.byFunction)}`],
    ["messages delivered again, late", String(load.repeated)],
    ["rotations as they ended", listed(Object.entries(report.rotationStates))],
    ["rotated once more", `${report.healed.stuck} that gave up, ${report.healed.dead} whose AWSCURRENT was dead`],
    ["in dead-letter queues, by cause", listed(deadLetters.byCause)],
    ["given back", String(report.redriven)],
    ["versions that became current", String(report.promotions)],
    ["revisions in Vault", `${histories.revisions}, ${histories.repeated.length} of them of the version before`],
    [
      "mirrors wrong before one look at everything",
      `${report.wrongBefore.length}, and ${report.untouched} of secrets that nothing had happened to`,
    ],
    ["by hand in the second in which a rotation ended", String(report.unannounced)],
    ["values looked for", String(canaries.values)],
    ["characters searched", listed(Object.entries(canaries.charactersIn))],
  ];
}

/** A table of the figures and the verdict. */
export function print(report: ChaosReport, verdict: readonly Assertion[]): void {
  const rows = figuresOf(report);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, figure] of rows) console.log(`${name.padEnd(width)}  ${figure}`);
  for (const { says, problems } of verdict) {
    console.log(`${problems.length === 0 ? "holds " : "BROKEN"}  ${says}`);
    for (const problem of problems.slice(0, shownProblems)) console.log(`          ${problem}`);
    if (problems.length > shownProblems) console.log(`          and ${problems.length - shownProblems} more`);
  }
}
