import type { RotationPlan } from "../../../shared/operations/plan/plan-rotation.ts";
import type { Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { secretOperations } from "../../wiring/secret-operations.ts";

function describe({
  secretArn,
  strategy,
  steps,
  passwordHash,
  isExperimental,
  window,
}: RotationPlan): readonly string[] {
  const lines = steps.flatMap(({ step, actions }) => [
    "",
    step,
    ...actions.map(({ kind, what }) => `  ${kind.padEnd(10)}  ${what}`),
  ]);
  return [
    `${secretArn}: ${strategy}`,
    ...lines,
    "",
    ...(passwordHash === undefined ? [] : [`form in which the server keeps the password: ${passwordHash}`]),
    ...(isExperimental ? ["experimental: this engine never ran on a real server"] : []),
    `window in which AWSCURRENT does not log in: ${window}`,
    "nothing was changed and no server was contacted",
  ];
}

/** Prints what a healthy rotation would do, before anything is changed. */
export const run: Run = async ([secretId = ""], options, call) => {
  const plan = await secretOperations().planRotation(secretId, call);
  if (flagOption(options, "json")) printJson(plan, 2);
  else print(...describe(plan));
  return 0;
};
