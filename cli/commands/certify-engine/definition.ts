import { type CommandDefinition, jsonOption, yesOption } from "../../command.ts";

export const certifyEngine: CommandDefinition = {
  name: "certify-engine",
  kind: "changes",
  words: [],
  summary: "prove that rekey rotates on a server of yours, in users that it makes and removes",
  about: [
    "Runs the engine contract: rotations cut off at every message, refused certificates, clear text in what the server keeps, hardships, accounts that keep their properties. It says first where it goes and how many users and rotations that takes, and asks. Name a server that you can spare, not production: the administrator makes and removes hundreds of users.",
    "The users' names begin with rekey_ and eight random characters. They are removed at the end, after a failure and after Ctrl-C; the report names those that are left. Users that were there before are not touched. Of your AWS account, only the administrator's secret is read.",
    "The administrator's secret must be listed in REKEY_ADMIN_SECRETS, as for a rotation function. It names the host and port, or REKEY_ADMIN_TARGETS grants one.",
    "With --module, the engine and its server are those of a module of yours, and no secret is read.",
  ],
  options: [
    { flags: "--secret <admin>", about: "name or ARN of the administrator's secret" },
    { flags: "--engine <name>", about: "as in a secret's JSON; default: that of the administrator's secret" },
    { flags: "--strategy <name>", about: "try only this strategy; may be given several times", many: true },
    { flags: "--points <number>", about: "try at most so many points of each list; default: all" },
    { flags: "--tls-ca <file>", about: "root certificates in PEM that the server's certificate is verified with" },
    { flags: "--module <file>", about: "that exports an EngineFixture of rekey/testing/engine-contract" },
    jsonOption,
    yesOption,
  ],
  examples: [
    "rekey certify-engine --secret sandbox/aurora-admin --tls-ca global-bundle.pem --points 10",
    "rekey certify-engine --secret sandbox/docdb-admin --strategy single-user --yes --json > report.json",
    "rekey certify-engine --module ./fixture.ts",
  ],
  exitCodes: { 1: "a test failed, or a user could not be removed" },
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
