import { type CommandDefinition, yesOption } from "../../command.ts";

export const mirror: CommandDefinition = {
  name: "mirror",
  kind: "changes",
  words: [{ name: "[secret]", about: "name or ARN" }],
  summary: "bring Vault to how a secret, or every secret, stands now",
  about: [
    "Does what mirror-to-vault does, from here and with the same variables (VAULT_ADDR, VAULT_AUTH, …). A version that is there already, or a newer one, is left alone.",
    "A place in Vault that is another secret's, or that rekey never wrote, is mirror-foreign. --take-over gives it to the one secret that is named, from then on: what it holds is written over, and its former owner becomes mirror-foreign.",
  ],
  options: [
    { flags: "--all", about: "every managed secret" },
    { flags: "--take-over", about: "of the one secret: its place in Vault becomes its own, whoever has it" },
    yesOption,
    { flags: "--json", about: "for programs: one JSON object a line, one line a secret" },
  ],
  examples: ["rekey mirror prod/orders", "rekey mirror --all", "rekey mirror prod/orders --take-over"],
  exitCodes: { 1: "a secret could not be mirrored" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
