import { type CommandDefinition, reasonOption, yesOption } from "../../command.ts";

export const rotate: CommandDefinition = {
  name: "rotate",
  kind: "changes",
  words: [{ name: "[secrets...]", about: "names or ARNs" }],
  summary: "rotate secrets now: some, those with a tag, or all",
  about: [
    "Asks Secrets Manager for each rotation and waits for it. Many go in waves: first the canary alone, then wave by wave, at a pace that leaves room in Secrets Manager's quotas; after a failure no further rotation is begun, and those under way are waited for.",
    "A campaign's state is in Secrets Manager: run again with its --campaign, after Ctrl-C or a failure, it passes over what it rotated and goes on with the rest.",
    "REKEY_CHAT_TARGETS, as of notify-chat, has the end of a campaign of several secrets told to the targets whose `about` has campaigns.",
  ],
  options: [
    { flags: "--tag <key[=value]>", about: "every managed secret with this tag" },
    { flags: "--all", about: "every managed secret with a rotation function" },
    reasonOption,
    { flags: "--campaign <name>", about: "go on with this campaign, or name a new one" },
    { flags: "--canary <number>", about: "secrets of the first wave: 1 unless said" },
    { flags: "--wave <number>", about: "secrets of each later wave: 100 unless said" },
    { flags: "--rate <number>", about: "rotations begun a second: 10 unless said; 25 is all that the quotas carry" },
    { flags: "--at-once <number>", about: "rotations under way at the same time: 50 unless said" },
    { flags: "--stop-after <number>", about: "failures after which no more are begun: 1 unless said" },
    { flags: "--timeout <minutes>", about: "for one rotation: 15 unless said" },
    { flags: "--wait", about: "wait for each rotation, which is so unless --no-wait" },
    { flags: "--no-wait", about: "ask for the rotations and end; no waves" },
    yesOption,
    { flags: "--json", about: "for programs: each event as one JSON object a line" },
  ],
  examples: [
    'rekey rotate prod/orders --reason "INC-42 laptop lost"',
    "rekey rotate --tag team=payments --canary 2 --wave 20",
    'rekey rotate --all --campaign breach-2026-11 --reason "INC-43" --yes',
  ],
  exitCodes: { 1: "a rotation failed, or some were not begun" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
