import type { CommandDefinition } from "../../command.ts";

export const completion: CommandDefinition = {
  name: "completion",
  kind: "reads",
  words: [{ name: "<shell>", about: "bash, zsh or fish" }],
  summary: "print a script that completes commands and options",
  about: [],
  options: [],
  examples: [
    "source <(rekey completion bash)",
    "rekey completion zsh > ~/.zfunc/_rekey",
    "rekey completion fish > ~/.config/fish/completions/rekey.fish",
  ],
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
