import type { Check } from "./checks.ts";

export interface ReportFacts {
  readonly id: string;
  readonly version: string;
  readonly region: string;
  readonly account: string;
  readonly showAccount: boolean;
  readonly checks: readonly Check[];
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");

/** A run's report in Markdown, to attach to an issue. It has names and reasons, no value, and the account's number only when asked. */
export function smokeReport({ id, version, region, account, showAccount, checks }: ReportFacts): readonly string[] {
  const count = (outcome: Check["outcome"]): number => checks.filter((check) => check.outcome === outcome).length;
  const shown = (text: string): string => (showAccount ? text : text.replaceAll(account, "<account>"));
  return [
    `# rekey smoke-test ${id}`,
    "",
    `rekey ${version}, Node.js ${process.versions.node}, region ${region}, account ${shown(account)}.`,
    `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped.`,
    "",
    "| check | outcome | seconds | |",
    "| --- | --- | ---: | --- |",
    ...checks.map(({ name, outcome, seconds, detail }) =>
      shown(`| ${cell(name)} | ${outcome} | ${seconds} | ${cell(detail)} |`),
    ),
  ];
}
