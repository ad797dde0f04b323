import type { CommandDefinition } from "../../command.ts";

export const migrateMirror: CommandDefinition = {
  name: "migrate-mirror",
  kind: "changes",
  words: [],
  summary: "move mirrors to the Vault cluster that they belong to now",
  about: [
    "For after a Vault cluster was added or removed, and its stacks have the new names. Without --apply it prints what it would do. What is current is written to the new cluster and read back there before the copy elsewhere is soft-deleted; what rekey did not write is left. It may be interrupted and repeated.",
    "A connection is a file of lines KEY=value with the VAULT_ variables of that cluster's mirror-to-vault. A cluster that is to be emptied has a connection and is not in --clusters.",
  ],
  options: [
    { flags: "--clusters <names>", about: "that share the secrets from now on; unless given, VAULT_CLUSTERS" },
    { flags: "--routes <routes>", about: "before them; unless given, VAULT_CLUSTER_ROUTES" },
    { flags: "--cluster <name=file>", about: "the connection of one; may be repeated", many: true },
    { flags: "--secrets <patterns>", about: "of ARNs, with commas; unless given, REKEY_SECRETS" },
    { flags: "--apply", about: "do it" },
    { flags: "--json", about: "for programs: one JSON object a line, one line a secret" },
  ],
  examples: [
    "rekey migrate-mirror --clusters eu-1,eu-2 --cluster eu-1=eu-1.env --cluster eu-2=eu-2.env --secrets 'arn:aws:secretsmanager:*:secret:prod/*'",
  ],
  exitCodes: { 1: "a secret could not be moved, or a cluster could not be reached" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
