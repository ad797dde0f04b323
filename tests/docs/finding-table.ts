import { checks } from "../../shared/operations/doctor/check-results.ts";

/** `docs/reference/findings.md`, made from the table in the code. */
export function findingTable(): string {
  const rows = Object.entries(checks).map(
    ([code, { severity, meaning, remedy }]) =>
      `| \`${code}\` | ${severity} | ${meaning} | ${remedy.replaceAll("<", "&lt;").replaceAll("|", "\\|")} |`,
  );
  return [
    "# What the doctor finds",
    "",
    "Made from `shared/operations/doctor/check-results.ts` by `npm run docs`. Besides these, whatever the next rotation would fail",
    "with is found under [its own code](errors.md), as an error.",
    "",
    "`error`: the next rotation fails. `warning`: it works, and something is not as it should be.",
    "",
    "| code | severity | meaning | what mends it |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
