import { type CommandDefinition, jsonOption } from "../command.ts";

export const doctor: CommandDefinition = {
  name: "doctor",
  words: [{ name: "<secret>", about: "name or ARN" }],
  summary: "what would make a secret's next rotation fail, and what mends it",
  about: [
    "The secret's shape and tags, its servers (reached, verified, logged in to), rights and collisions, the function and its role, other secrets of the same user, the mirror. Changes nothing; each refused credential is offered once.",
  ],
  options: [jsonOption],
  examples: ["rekey doctor prod/orders", "rekey doctor prod/orders --json"],
  exitCodes: { 1: "the next rotation would fail" },
  aws: true,
  load: async () => {
    const { doctorCommand } = await import("../doctor.ts");
    return async ([secret = ""], { json }, call) => doctorCommand(secret, { json: json === true }, call);
  },
};
