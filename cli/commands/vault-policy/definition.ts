import { type CommandDefinition, jsonOption } from "../../command.ts";

export const vaultPolicy: CommandDefinition = {
  name: "vault-policy",
  kind: "reads",
  words: [{ name: "<mount>", about: "of KV version 2" }],
  summary: "the Vault policy that the mirror's token needs, and no more",
  about: ["For the prefix in VAULT_PATH_PREFIX, where that is set."],
  options: [jsonOption],
  examples: ["rekey vault-policy secret | vault policy write rekey-mirror -"],
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
