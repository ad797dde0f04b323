import { clusterOption, type CommandDefinition } from "../../command.ts";

export const consoleDefinition: CommandDefinition = {
  name: "console",
  kind: "serves",
  words: [],
  summary: "the web console: fleet, history, rotate now, rollback, capacity",
  about: [
    "Prints an address on loopback that opens once, within ten minutes; Enter prints another. It works with your own AWS credentials, and shows what they may see; no secret's value is sent to the browser. Vault (VAULT_ADDR and the other variables of mirror-to-vault) and the table in REKEY_ADOPTION_TABLE are looked at where they are named. REKEY_CHAT_TARGETS, as of notify-chat, has the end of a campaign told.",
    "Ctrl-C ends it. A campaign under way begins no further rotation then; rekey rotate --campaign goes on with it.",
  ],
  options: [{ flags: "--port <number>", about: "of loopback; a free one unless given" }, clusterOption],
  examples: ["rekey console", "rekey console --profile prod --region eu-central-1 --port 7300"],
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
