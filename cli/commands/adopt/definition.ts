import { type CommandDefinition, jsonOption, yesOption } from "../../command.ts";
import { graceTag, strategyTag } from "../../../shared/tags/tag-names.ts";

export const adopt: CommandDefinition = {
  name: "adopt",
  kind: "changes",
  words: [{ name: "<secret>", about: "name or ARN of an existing secret" }],
  summary: "bring an existing secret under management",
  about: [
    "Looks at the secret as doctor does, as it would be under management. Where nothing is against it, sets the tags, names the rotation function and the schedule. The value stays as it is: Secrets Manager has the function test it now, and rotates by the schedule.",
    "Of a secret that an AWS service owns (rds!…), or that AWS rotates at a partner, the tags of its delivery alone are set: its rotation and its value stay as they are, and rekey announces and mirrors each new version.",
  ],
  options: [
    { flags: "--stack <name>", about: "of rekey, whose function for the secret's engine is taken: rekey unless said" },
    { flags: "--function <arn>", about: "the rotation function, in place of the stack's" },
    { flags: "--every <days>", about: "rotate so often: 30 unless said" },
    { flags: "--schedule <expression>", about: "cron(…) or rate(…), in place of --every" },
    { flags: "--tag <rekey:key=value>", about: "set a tag of rekey's; may be given several times", many: true },
    { flags: "--dry-run", about: "look, and say what would be done" },
    yesOption,
    jsonOption,
  ],
  examples: [
    "rekey adopt prod/orders --dry-run",
    `rekey adopt prod/orders --tag ${strategyTag}=alternating-users --tag ${graceTag}=24h`,
    'rekey adopt prod/orders --schedule "cron(0 3 ? * SUN *)" --yes',
  ],
  exitCodes: { 1: "something is against it, and nothing was done" },
  aws: true,
  // A question may wait for its answer.
  timeoutMs: 600_000,
  load: async () => (await import("./run.ts")).run,
};
