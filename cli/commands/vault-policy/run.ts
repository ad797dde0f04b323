import { print, printJson } from "../../output/output.ts";
import { mirrorPolicy } from "../../../shared/mirrors/mirror-policy.ts";

/** Prints the policy of the mirror's token, for the prefix that the function has (`VAULT_PATH_PREFIX`). Returns the exit code. */
export async function vaultPolicyCommand(mount: string, options: { readonly json: boolean }): Promise<number> {
  const policy = mirrorPolicy(mount, process.env["VAULT_PATH_PREFIX"] || undefined);
  if (options.json) printJson({ policy });
  else print(...policy.trimEnd().split("\n"));
  return 0;
}
