import type { Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { mirrorPolicy } from "../../../shared/mirrors/mirror-policy.ts";

/** Prints the policy of the mirror's token, for the prefix that the function has (`VAULT_PATH_PREFIX`). */
export const run: Run = async ([mount = ""], options) => {
  const policy = mirrorPolicy(mount, process.env["VAULT_PATH_PREFIX"] || undefined);
  if (flagOption(options, "json")) printJson({ policy });
  else print(...policy.trimEnd().split("\n"));
  return 0;
};
