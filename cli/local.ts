import type { Run } from "./command.ts";
import { flagOption, textOption } from "./given.ts";

/** Runs the local stack until Ctrl-C or SIGTERM, which is how it ends well. */
export const localCommand: Run = async (_words, given, { signal }) => {
  const { runLocal } = await import("../local/run-local.ts");
  const options = {
    awsPort: textOption(given, "awsPort"),
    vaultPort: textOption(given, "vaultPort"),
    vaultToken: textOption(given, "vaultToken"),
    region: textOption(given, "region"),
    accountId: textOption(given, "accountId"),
    deploy: flagOption(given, "deploy"),
  };
  await runLocal(options, signal);
  return 0;
};
