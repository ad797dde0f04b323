/**
 * Two runs of the tests taken as one: the first on a bare machine, where what needs an outside program is skipped and long
 * lists of cases are sampled, the second of what the first left, in full. Each tree holds the reports of its run in its folder
 * `coverage`.
 *
 *     test-runs.ts left FILES FIRST           prints the files to run again, one a line
 *     test-runs.ts count FILES FIRST SECOND   prints what failed, what was tried, and as its last line `passed failed`
 *
 * FILES names every test file, one a line: one that no run has an outcome of is run again, and failed in the end.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

interface Outcome {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
  /** What a test says about itself; see tests/support/sampled.ts. */
  readonly meta?: { readonly sampled?: boolean };
}
interface Named extends Outcome {
  readonly file: string;
}
interface FieldCount {
  readonly file: string;
  readonly tried: number;
  readonly passed: number;
  readonly kind: string;
}
interface Run {
  readonly files: ReadonlyMap<string, readonly Outcome[]>;
  readonly fieldCounts: readonly FieldCount[];
}
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly Outcome[];
  }[];
}

const mostNamed = 10;
const attack = /^tests\/security\/[a-z-]+\//;

const isPassed = ({ status }: Outcome): boolean => status === "passed";
const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];

/** A file that failed as a whole, so that some of its tests have no outcome, has one failure more. */
function outcomesOf({ status, message, assertionResults }: Report["testResults"][number]): readonly Outcome[] {
  const isExplained = status === "passed" || assertionResults.some((outcome) => outcome.status === "failed");
  if (isExplained && assertionResults.length > 0) return assertionResults;
  return [...assertionResults, { fullName: "the file itself", status: "failed", failureMessages: [message ?? ""] }];
}

function readRun(tree: string): Run {
  const report = join(tree, "coverage/vitest.json");
  const { testResults }: Report = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : { testResults: [] };
  return {
    files: new Map(testResults.map((result) => [relative(resolve(tree), result.name), outcomesOf(result)])),
    fieldCounts: linesOf(join(tree, "coverage/field.tsv")).map((line) => {
      const [file = "", tried, passed, kind = ""] = line.split("\t");
      return { file, tried: Number(tried), passed: Number(passed), kind };
    }),
  };
}

const outcomesIn = (run: Run): readonly Named[] =>
  [...run.files].flatMap(([file, outcomes]) => outcomes.map((outcome) => ({ ...outcome, file })));

function named({ file, fullName, status, failureMessages: [message = ""] = [] }: Named): string {
  return `${file}: ${fullName} (${status}) ${message.split("\n", 1)[0] ?? ""}`.trimEnd().slice(0, 300);
}

const isWhole = (outcome: Outcome): boolean => isPassed(outcome) && outcome.meta?.sampled !== true;
const left = (files: readonly string[], run: Run): readonly string[] =>
  files.filter((file) => run.files.get(file)?.every(isWhole) !== true);

/** What ran twice counts by its second outcome. */
function together(first: Run, second: Run): Run {
  return {
    files: new Map([...first.files, ...second.files]),
    fieldCounts: [...first.fieldCounts.filter(({ file }) => !second.files.has(file)), ...second.fieldCounts],
  };
}

function tried({ fieldCounts }: Run): readonly string[] {
  const kinds = [...new Set(fieldCounts.map(({ kind }) => kind))].toSorted();
  return kinds.map((kind) => {
    const ofKind = fieldCounts.filter((counted) => counted.kind === kind);
    const sum = (of: "tried" | "passed"): number => ofKind.reduce((total, counted) => total + counted[of], 0);
    return `field cases, all files, ${kind}: ${sum("tried")} tried, ${sum("passed")} as they should be`;
  });
}

function count(files: readonly string[], first: Run, second: Run): readonly string[] {
  const run = together(first, second);
  const outcomes = outcomesIn(run);
  const attacks = outcomes.filter(({ file }) => attack.test(file));
  const failed = [
    ...files.filter((file) => !run.files.has(file)).map((file) => `${file}: it was not run`),
    ...files
      .filter((file) => run.files.get(file)?.some(({ meta }) => meta?.sampled === true) === true)
      .map((file) => `${file}: it was only sampled`),
    ...outcomes.filter((outcome) => !isPassed(outcome)).map(named),
  ];
  const atFirst = outcomesIn(first).filter(({ file, status }) => status === "failed" && second.files.has(file));
  return [
    `attacks: ${attacks.length} tried, ${attacks.filter(isPassed).length} refused`,
    ...tried(run),
    ...atFirst.slice(0, mostNamed).map((outcome) => `failed in the first run: ${named(outcome)}`),
    ...failed.slice(0, mostNamed).map((name) => `failed test: ${name}`),
    ...(failed.length > mostNamed ? [`failed tests that are not named: ${failed.length - mostNamed}`] : []),
    `${outcomes.filter(isPassed).length} ${failed.length}`,
  ];
}

const [command, list = "", firstTree = "", secondTree = ""] = process.argv.slice(2);
const files = linesOf(list);
const first = readRun(firstTree);
const lines = command === "left" ? left(files, first) : count(files, first, readRun(secondTree));
process.stdout.write(lines.map((line) => `${line}\n`).join(""));
