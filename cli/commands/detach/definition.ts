import { type CommandDefinition, jsonOption, yesOption } from "../../command.ts";

export const detach: CommandDefinition = {
  name: "detach",
  kind: "changes",
  words: [{ name: "[secrets...]", about: "names or ARNs, in place of --stack" }],
  summary: "switch rotation off before a stack is deleted: values stay",
  about: [
    "For every secret that a function of the stack rotates, or for those named: rotation is switched off, and the value and its versions stay. A secret whose rotation has begun and not ended is refused and the others are done: run the command again when the rotation has ended. May be repeated after whatever cut it, and after the stack is deleted, too.",
    "With --stack, subscriptions of the stack's topic are removed once every secret is detached, and the command lists what deleting the stack leaves or is stopped by. Mirrors in Vault stay.",
    "Secrets Manager keeps the function's ARN with the secret, so rekey status shows a detached secret as off. --remove-tags removes its tags rekey:… once the function is gone: while the stack is there it obeys them.",
  ],
  options: [
    {
      flags: "--stack <name>",
      about: "every secret that one of this stack's functions rotates or rotated, and its topic",
    },
    { flags: "--remove-tags", about: "remove the tags rekey:… too; after the stack is deleted" },
    { flags: "--keep-subscriptions", about: "list the topic's subscriptions and leave them" },
    { flags: "--dry-run", about: "say what would be done" },
    yesOption,
    jsonOption,
  ],
  examples: [
    "rekey detach --stack rekey-dev --dry-run",
    "rekey detach --stack rekey-dev",
    "rekey detach --stack rekey-dev --remove-tags",
    "rekey detach prod/orders prod/stock --yes --json",
  ],
  exitCodes: { 1: "a secret was refused, or could not be detached" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
