import { type CommandDefinition, jsonOption } from "../../command.ts";

export const redrive: CommandDefinition = {
  name: "redrive",
  kind: "changes",
  words: [{ name: "<queue>", about: "ARN of a dead-letter queue" }],
  summary: "give what lies in a dead-letter queue back to where it came from",
  about: [],
  options: [jsonOption],
  examples: ["rekey redrive arn:aws:sqs:eu-west-1:123456789012:rekey-DeadLetterQueue-ABC"],
  aws: true,
  load: async () => (await import("./run.ts")).run,
};
