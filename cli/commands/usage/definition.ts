import { type CommandDefinition, searchOption, tagOption } from "../../command.ts";

export const usage: CommandDefinition = {
  name: "usage",
  kind: "reads",
  words: [],
  summary: "which secrets nobody reads, who reads the others, and which no rotation covers",
  about: [
    "Every secret of the account and region. Secrets Manager keeps the day of a secret's last read; where that is recent, CloudTrail's event history (90 days, some minutes late, two calls a second) tells the reads of the stack's own roles from those of others. No value is read without --compare-users, whose reads are yours in later windows. What the records do not tell is unknown.",
  ],
  options: [
    searchOption,
    tagOption,
    { flags: "--days <number>", about: "of the window (default: 90)" },
    { flags: "--stack <name>", about: "of rekey, whose roles' reads do not count (default: rekey)" },
    {
      flags: "--compare-users",
      about: "read each value last, and show which secrets hold the same user of the same server; prints no value",
    },
    { flags: "--check", about: "exit with 1 when a secret is unread, shares a user, or no rotation covers it" },
    { flags: "--json", about: "for programs: one JSON object a line, one line a secret" },
  ],
  examples: [
    "rekey usage",
    "rekey usage --days 30 --search orders",
    `rekey usage --json | jq -r 'select(.use == "unread") | .name'`,
  ],
  exitCodes: { 1: "with --check: a secret is unread, shares its user, or no rotation covers it" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
