import type { CommandDefinition } from "../command.ts";

export const mirror: CommandDefinition = {
  name: "mirror",
  words: [{ name: "[secret]", about: "name or ARN" }],
  summary: "bring Vault to how a secret, or every secret, stands now",
  about: [
    "Does what mirror-to-vault does, from here and with the same variables (VAULT_ADDR, VAULT_AUTH, …). A version that is there already, or a newer one, is left alone.",
  ],
  options: [
    { flags: "--all", about: "every managed secret" },
    { flags: "--json", about: "for programs: one JSON object a line, one line a secret" },
  ],
  examples: ["rekey mirror prod/orders", "rekey mirror --all"],
  exitCodes: { 1: "a secret could not be mirrored" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("../mirror.ts")).mirrorCommand,
};
