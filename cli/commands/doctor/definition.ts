import { type CommandDefinition, searchOption, tagOption } from "../../command.ts";

export const doctor: CommandDefinition = {
  name: "doctor",
  kind: "reads",
  words: [{ name: "[secret]", about: "name or ARN; every managed secret unless given" }],
  summary: "what would make the next rotation of a secret, or of any, fail, and what mends it",
  about: [
    "The secret's shape and tags, its servers (reached, verified, logged in to), rights and collisions, the function and its role, other secrets that the same function rotates and that have the same user, the mirror. Changes nothing; each refused credential is offered once.",
    "A secret that AWS rotates without a function, for its own service or at a partner, is not read, and no server is asked: what would keep its new version from its readers is shown, such as a pattern, a role's rights, a key or the mirror.",
    "Without a secret every managed one is examined, four at a time and each for 60 s at most; what belongs to no single one, such as a Vault that cannot be reached or a dead-letter queue that is not empty, is told once, as the set-up's. A credential that a server refuses is offered to it once, however many secrets share it.",
  ],
  options: [
    searchOption,
    tagOption,
    {
      flags: "--stack <name>",
      about:
        "of rekey, whose dead-letter queues, and functions that deliver what AWS rotates, are looked at (default: rekey)",
    },
    {
      flags: "--json",
      about:
        "for programs: a secret's findings; of many one JSON object a line, one line a secret, without secretArn for the set-up",
    },
  ],
  examples: [
    "rekey doctor prod/orders",
    "rekey doctor",
    "rekey doctor --tag team=payments",
    `rekey doctor --json | jq -r 'select(any(.findings[]; .severity == "error")) | .name'`,
  ],
  exitCodes: { 1: "a next rotation would fail" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
