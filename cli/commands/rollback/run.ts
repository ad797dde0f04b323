import type { RollbackPlan } from "../../../shared/operations/by-hand/roll-back-secret.ts";
import type { Run } from "../../command.ts";
import { flagOption, textOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { secretOperations } from "../../wiring/secret-operations.ts";
import { confirmed } from "../../output/terminal.ts";
import { instant } from "../../output/times.ts";
import { defined } from "../../../shared/secrets/defined.ts";

const text = ({
  secretArn,
  strategy,
  username,
  previousVersionId,
  previousCreatedAt,
  currentVersionId,
}: RollbackPlan): readonly string[] => [
  `Roll back ${secretArn} (${strategy}):`,
  `  ${username} of ${instant(previousCreatedAt)} (version ${previousVersionId}), which logs in, becomes current`,
  `  version ${currentVersionId} becomes AWSPREVIOUS; nothing is changed on the server`,
];

/** Makes the former credential current again. */
export const run: Run = async ([secretId = ""], options, context) => {
  const operations = secretOperations();
  const plan = await operations.planRollback(secretId, context);
  const json = flagOption(options, "json");
  if (flagOption(options, "dryRun")) {
    if (json) printJson({ outcome: "planned", ...plan });
    else print(...text(plan), "nothing was changed");
    return 0;
  }
  if (!(await confirmed(text(plan), flagOption(options, "yes"), context.signal))) return 1;
  const reason = textOption(options, "reason");
  const done = await operations.rollBack(secretId, defined({ reason }), context);
  if (json) printJson({ outcome: "rolled-back", ...done });
  else print(`rolled back: AWSCURRENT is version ${done.versionId}`);
  return 0;
};
