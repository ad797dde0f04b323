import type { CommandDefinition } from "../../command.ts";

export const local: CommandDefinition = {
  name: "local",
  kind: "serves",
  words: [],
  summary: "start the local stack: AWS's services and Vault on loopback",
  about: [
    "In the foreground, until Ctrl-C. One JSON line says that it is ready and where. With --deploy the template is deployed into it with the built functions.",
    "CloudFormation's API is there, too, for other templates, updates and removal by `aws cloudformation`. What AWS refuses is refused: docs/reference/local-stack.md.",
    "It answers programs of this machine, and no web page: a request with another Host than loopback's, or with an Origin, gets 403. --allow-host adds names, as for a container's mapped port: localhost:14566.",
  ],
  options: [
    { flags: "--aws-port <port>", about: "4566 unless said; 0 takes a free one" },
    { flags: "--vault-port <port>", about: "8200 unless said" },
    { flags: "--allow-host <name[:port]>", about: "a name that requests may give this host", many: true },
    { flags: "--vault-token <token>", about: "root token of Vault: root unless said" },
    { flags: "--region <name>", about: "us-east-1 unless said" },
    { flags: "--account-id <id>", about: "123456789012 unless said" },
    { flags: "--no-trail", about: "an account without a trail: no events of deleted and retagged secrets" },
    { flags: "--deploy", about: "deploy the template" },
    { flags: "--template <file>", about: "deploy this one, such as `rekey bundle-engine` writes" },
  ],
  examples: ["rekey local --deploy", "rekey status --endpoint-url http://127.0.0.1:4566"],
  aws: false,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
