import { type CommandDefinition, yesOption } from "../../command.ts";
import { smokeTestTag } from "../../../shared/tags/tag-names.ts";

export const smokeTest: CommandDefinition = {
  name: "smoke-test",
  kind: "changes",
  words: [],
  summary: "deploy everything into a sandbox account, check it there and remove it",
  about: [
    "Has CloudFormation validate every template, then deploys the stack without a data key and a VPC, with a data key, and in your subnets if you name some, one after the other, under names of its own. In each it makes a secret, rotates it twice, and checks that a subscriber hears of it, that Vault holds it (with VAULT_ADDR and the other variables of mirror-to-vault), that an acknowledgement is noted and that no alarm is raised. Then it removes everything and prints a report in Markdown, without the account's number.",
    `Says first what it would make, what that costs and which rights it needs. Everything that it makes has the tag ${smokeTestTag} with the run's id, and it removes nothing that lacks it. It cleans up after Ctrl-C and after a failure; a run that was killed is cleaned up with --clean-up and its id, which it prints first.`,
    "Without --database-secret it rotates the key of a small API that it deploys behind a public function URL.",
  ],
  options: [
    { flags: "--dry-run", about: "say what would be made" },
    { flags: "--account <id>", about: "refuse any other account; with --yes needed, as is --region" },
    {
      flags: "--database-secret <arn>",
      about: "of a user of a throw-away database: its password is another afterwards",
    },
    { flags: "--admin-secret <arn>", about: "the administrator of that database, for alternating users" },
    { flags: "--subnets <ids>", about: "with commas: deploy into these subnets, too" },
    { flags: "--security-groups <ids>", about: "of the functions in these subnets" },
    { flags: "--parameter <name=value>", about: "of the template, in every variant: where Vault is", many: true },
    { flags: "--clean-up <id>", about: "only remove what this run has left" },
    { flags: "--show-account", about: "leave the account's number in the report" },
    yesOption,
  ],
  examples: [
    "rekey smoke-test --dry-run",
    "rekey smoke-test --account 123456789012 --region eu-west-1 --yes",
    "rekey smoke-test --clean-up k3v9x2ab",
  ],
  exitCodes: { 1: "a check failed, or something could not be removed" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
