import { clusterOption, type CommandDefinition, searchOption, tagOption } from "../../command.ts";

export const status: CommandDefinition = {
  name: "status",
  kind: "reads",
  words: [],
  summary: "how every managed secret stands",
  about: [
    "Managed is a secret that has a rotation function, or a tag rekey:…. One call of ListSecrets for a hundred secrets; no value is read. Of a rotation that is under way or stuck it shows the code of the step that failed, from the log of the function, for 20 of each hundred. With --details also each Vault cluster (VAULT_ADDR and the other variables of mirror-to-vault) and who has adopted the current version (the table in REKEY_ADOPTION_TABLE).",
  ],
  options: [
    searchOption,
    tagOption,
    { flags: "--every-secret", about: "also those that are not managed" },
    { flags: "--details", about: "ask Vault and the adoption table, too" },
    clusterOption,
    { flags: "--limit <number>", about: "show so many at most" },
    { flags: "--check", about: "exit with 1 when a secret is stuck, overdue or empty, or its rotation fails" },
    { flags: "--watch [seconds]", about: "show it anew every so many seconds, 5 unless said, until Ctrl-C" },
    { flags: "--json", about: "for programs: one JSON object a line, one line a secret" },
  ],
  examples: [
    "rekey status",
    "rekey status --search orders --details",
    "rekey status --tag team=payments --watch",
    `rekey status --json | jq -r 'select(.health == "stuck") | .name'`,
  ],
  exitCodes: { 1: "with --check: a secret is stuck, overdue or empty, or its rotation fails" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
