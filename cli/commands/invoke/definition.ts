import type { CommandDefinition } from "../../command.ts";

export const invoke: CommandDefinition = {
  name: "invoke",
  kind: "changes",
  words: [
    { name: "<function>", about: "rotate-postgres, mirror-to-vault, …" },
    { name: "<event>", about: "file of JSON" },
  ],
  summary: "run one of the built functions once, here",
  about: [
    "With this process's variables, as Lambda would run it. It does what the function does: a step of a rotation changes the database.",
  ],
  options: [],
  examples: ["rekey invoke rotate-postgres events/samples/rotate-postgres/secrets-manager.json"],
  aws: true,
  timeoutMs: 90_000,
  load: async () => (await import("./run.ts")).run,
};
