import { type CommandDefinition, jsonOption } from "../../command.ts";

export const planRotation: CommandDefinition = {
  name: "plan-rotation",
  kind: "reads",
  words: [{ name: "<secret>", about: "name or ARN" }],
  summary: "each call, connection and statement of a secret's next rotation",
  about: ["Changes nothing and contacts no server."],
  options: [jsonOption],
  examples: ["rekey plan-rotation prod/orders"],
  aws: true,
  load: async () => (await import("./run.ts")).run,
};
