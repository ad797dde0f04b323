import { type CommandDefinition, jsonOption } from "../../command.ts";

export const lintPolicy: CommandDefinition = {
  name: "lint-policy",
  kind: "reads",
  words: [{ name: "<policy>", about: "file of JSON" }],
  summary: "what AWS would refuse in an IAM policy on secrets, or what is wider than it need be",
  about: [],
  options: [{ flags: "--key <arn>", about: "customer managed KMS key of the secrets" }, jsonOption],
  examples: ["rekey lint-policy policy.json --key arn:aws:kms:eu-west-1:123456789012:key/0f0c1a52"],
  exitCodes: { 1: "something was found" },
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
