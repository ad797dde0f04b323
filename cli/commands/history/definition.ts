import { clusterOption, type CommandDefinition, jsonOption } from "../../command.ts";

export const history: CommandDefinition = {
  name: "history",
  kind: "reads",
  words: [{ name: "<secret>", about: "name or ARN" }],
  summary: "what happened to a secret: versions, rotations step by step, who changed what",
  about: [
    "Versions and labels come from Secrets Manager, steps from the rotation function's log in CloudWatch Logs, and who changed what from CloudTrail's event history (90 days, some minutes late). Vault and subscribers are shown as by status --details. Propagation is the newest version's way from its first step to the last cluster and subscriber, each time by the clock that noted it. A source that may not be asked is named, and the rest is shown.",
  ],
  options: [clusterOption, jsonOption],
  examples: ["rekey history prod/orders", "rekey history prod/orders --json | jq '.rotations[0].steps'"],
  aws: true,
  load: async () => (await import("./run.ts")).run,
};
