import { readFile } from "node:fs/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Run } from "../../command.ts";
import { flagOption, textOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { lintPolicy, type PolicyFinding } from "../../../shared/operations/doctor/lint-policy.ts";

const describe = ({ code, severity, statement, meaning, correction }: PolicyFinding, at: number): readonly string[] => [
  ...(at > 0 ? [""] : []),
  `${severity.padEnd(7)}  ${code} (statement ${statement}): ${meaning}`,
  `         write: ${correction}`,
];

/** Prints what AWS would refuse in an IAM policy, or what is wider than it need be, with the correction. */
export const run: Run = async ([file = ""], options) => {
  const text = await readFile(file, "utf8").catch(() => {
    throw new RekeyError("option-invalid", { context: { option: "policy", problem: "cannot be read" } });
  });
  const findings = lintPolicy(text, textOption(options, "key"));
  if (flagOption(options, "json")) printJson(findings, 2);
  else if (findings.length === 0) print(`${file}: nothing found`);
  else print(...findings.flatMap(describe));
  return findings.length === 0 ? 0 : 1;
};
