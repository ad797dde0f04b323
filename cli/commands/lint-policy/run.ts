import { readFile } from "node:fs/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { print, printJson } from "../../output/output.ts";
import { lintPolicy, type PolicyFinding } from "../../../shared/operations/doctor/lint-policy.ts";

const describe = ({ code, severity, statement, meaning, correction }: PolicyFinding, at: number): readonly string[] => [
  ...(at > 0 ? [""] : []),
  `${severity.padEnd(7)}  ${code} (statement ${statement}): ${meaning}`,
  `         write: ${correction}`,
];

/**
 * Prints what is wrong with an IAM policy in a JSON file, with the correction; `key` is the ARN of the secrets' customer
 * managed key. Returns the exit code: 1 when something would be refused on AWS or is wider than it need be.
 */
export async function lintPolicyCommand(
  file: string,
  options: { readonly json: boolean; readonly key?: string },
): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new RekeyError("option-invalid", { context: { option: "policy", problem: "cannot be read" } });
  });
  const findings = lintPolicy(text, options.key);
  if (options.json) printJson(findings, 2);
  else if (findings.length === 0) print(`${file}: nothing found`);
  else print(...findings.flatMap(describe));
  return findings.length === 0 ? 0 : 1;
}
