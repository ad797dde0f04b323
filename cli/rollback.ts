import type { RollbackPlan } from "../shared/operations/roll-back-secret.ts";
import type { Run } from "./command.ts";
import { flagOption, textOption } from "./given.ts";
import { secretOperations } from "./secret-operations.ts";
import { confirmed } from "./terminal.ts";
import { instant } from "./times.ts";

const text = ({
  secretArn,
  strategy,
  username,
  previousVersionId,
  previousCreatedAt,
  currentVersionId,
}: RollbackPlan) =>
  [
    `Roll back ${secretArn} (${strategy}):`,
    `  ${username} of ${instant(previousCreatedAt)} (version ${previousVersionId}), which logs in, becomes current`,
    `  version ${currentVersionId} becomes AWSPREVIOUS; nothing is changed on the server`,
  ].join("\n");

/** Makes the former credential current again. */
export const rollbackCommand: Run = async ([secretId = ""], given, context) => {
  const operations = secretOperations();
  const plan = await operations.planRollback(secretId, context);
  const json = flagOption(given, "json");
  if (flagOption(given, "dryRun")) {
    console.log(json ? JSON.stringify({ outcome: "planned", ...plan }) : `${text(plan)}\nnothing was changed`);
    return 0;
  }
  if (!(await confirmed(text(plan), flagOption(given, "yes"), context.signal))) return 1;
  const reason = textOption(given, "reason");
  const done = await operations.rollBack(secretId, reason === undefined ? {} : { reason }, context);
  console.log(
    json ? JSON.stringify({ outcome: "rolled-back", ...done }) : `rolled back: AWSCURRENT is version ${done.versionId}`,
  );
  return 0;
};
