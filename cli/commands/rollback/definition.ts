import { type CommandDefinition, jsonOption, reasonOption, yesOption } from "../../command.ts";

export const rollback: CommandDefinition = {
  name: "rollback",
  kind: "changes",
  words: [{ name: "<secret>", about: "name or ARN" }],
  summary: "make the credential before the current one current again",
  about: [
    "First logs in with AWSPREVIOUS on every host of the secret, from here; where that is refused, so is the rollback. Then its value becomes a new version, which takes AWSCURRENT; mirrors, caches and subscribers follow as they follow a rotation. Nothing is changed on the server.",
    "With alternating users, two passwords or two keys the former credential works until it is retired. A single user has one password, and the rotation replaced it: there rotate anew instead.",
  ],
  options: [reasonOption, { flags: "--dry-run", about: "log in and say what would be done" }, yesOption, jsonOption],
  examples: ["rekey rollback prod/orders --dry-run", 'rekey rollback prod/orders --reason "INC-44 wrong grants"'],
  aws: true,
  // A question may wait for its answer.
  timeoutMs: 600_000,
  load: async () => (await import("./run.ts")).run,
};
