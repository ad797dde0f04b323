import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import type { Options, Run } from "../../command.ts";
import { examineAll } from "./examine-all.ts";
import { checkText } from "../../output/status-text.ts";
import { flagOption, textOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { secretOperations } from "../../wiring/secret-operations.ts";

const limitMs = 60_000;

async function examineOne(secretId: string, options: Options, call: CallOptions): Promise<number> {
  const findings = await secretOperations(textOption(options, "stack")).examine(secretId, call);
  const json = flagOption(options, "json");
  if (json) printJson(findings, 2);
  else if (findings.length === 0) print(`${secretId}: nothing found, its next rotation will go well`);
  else print(...findings.flatMap((one, at) => [...(at > 0 ? [""] : []), ...checkText(one)]));
  return findings.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** Prints what would make the next rotation of one secret, or of every secret, fail or hurt. */
export const run: Run = async ([secretId], options, context) => {
  if (secretId === undefined) return examineAll(options, context);
  const beside = ["search", "tag"].filter((option) => textOption(options, option) !== undefined);
  if (beside.length > 0) {
    throw new RekeyError("option-invalid", {
      context: { option: beside.join(" ") },
      hint: "name one secret, or choose among all with --tag and --search",
    });
  }
  return examineOne(secretId, options, {
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(limitMs)]),
  });
};
