import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Run } from "../../command.ts";
import { flagOption, listOption, textOption } from "../../options.ts";

/** The local stack is a tool of development, and makes no concession to older ones as the client does. */
const oldestNode = 22;

function checkNode(): void {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= oldestNode) return;
  const problem = `it needs Node.js ${oldestNode} or newer, and this is ${node}`;
  throw new RekeyError("option-invalid", {
    context: { option: "local", problem },
    hint: "run it with a newer Node.js",
  });
}

/** Runs the local stack until Ctrl-C or SIGTERM, which is how it ends well. Errors: `option-invalid` on an older Node.js. */
export const run: Run = async (_words, options, { signal }) => {
  checkNode();
  const { runLocal } = await import("../../../local/run-local.ts");
  await runLocal(
    {
      awsPort: textOption(options, "awsPort"),
      vaultPort: textOption(options, "vaultPort"),
      allowedHosts: listOption(options, "allowHost"),
      vaultToken: textOption(options, "vaultToken"),
      region: textOption(options, "region"),
      accountId: textOption(options, "accountId"),
      trail: options["trail"] !== false,
      deploy: flagOption(options, "deploy") || textOption(options, "template") !== undefined,
      template: textOption(options, "template"),
    },
    signal,
  );
  return 0;
};
