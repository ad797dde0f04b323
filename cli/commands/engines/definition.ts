import { acceptExperimentalTag } from "../../../shared/tags/tag-names.ts";
import { type CommandDefinition, jsonOption } from "../../command.ts";

export const engines: CommandDefinition = {
  name: "engines",
  kind: "reads",
  words: [{ name: "[engine]", about: "one engine, by any of its names" }],
  summary: "what rekey rotates, by which strategies, and how long the old credential logs in",
  about: [
    `One line for each engine and strategy. Overlap is how long the replaced credential logs in alongside the new one; only hash means that a password that rekey sets never reaches the server as text. An experimental engine never ran on a real server: it is deployed with ExperimentalEngines=true, and a secret accepts it by the tag ${acceptExperimentalTag}. Nothing is asked of AWS or of a server.`,
  ],
  options: [jsonOption],
  examples: ["rekey engines", "rekey engines mysql", "rekey engines --json | jq -r '.[].function'"],
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
