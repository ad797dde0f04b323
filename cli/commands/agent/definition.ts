import type { CommandDefinition } from "../../command.ts";

export const agent: CommandDefinition = {
  name: "agent",
  kind: "serves",
  words: [],
  summary: "serve secrets over HTTP on loopback, as AWS's agent does, from rekey's cache",
  about: [
    "Answers as AWS's Secrets Manager Agent and its Lambda extension do. Callers show the token of AWS_TOKEN, AWS_SESSION_TOKEN or AWS_CONTAINER_AUTHORIZATION_TOKEN (or file:///path of it). With VAULT_ADDR and the mirror's other VAULT_ variables it reads what is mirrored into Vault.",
    "In the foreground, until Ctrl-C or SIGTERM; requests under way are answered first.",
  ],
  options: [
    { flags: "--config <file>", about: "TOML, as AWS's agent takes it; options on the command line come before it" },
    { flags: "--role <arn>", about: "a role that requests may name as roleArn; no others are assumed", many: true },
    { flags: "--port <number>", about: "2773 unless said; 0 takes a free one" },
    { flags: "--address <ip>", about: "127.0.0.1 unless said" },
    { flags: "--allow-remote", about: "lets --address be one that other machines reach" },
    { flags: "--allow-host <name>", about: "a name that requests may give this host", many: true },
    { flags: "--path-prefix <path>", about: "of the path style; /v1/ unless said" },
    { flags: "--max-connections <number>", about: "with the token (default: 800); others are closed first" },
    { flags: "--header-timeout <ms>", about: "for a request's headers to arrive (default: 5000)" },
    { flags: "--new-reads <number>", about: "a second, of ids not read before or with refreshNow (default: 80)" },
    { flags: "--metrics <ip:port>", about: "/ping and /metrics for probes and scrapers of other machines" },
    { flags: "--topic-arn <arn>", about: "rekey's topic: makes a queue for this instance, and removes it at the end" },
    { flags: "--queue-url <url>", about: "a queue of this instance's own that gets the topic's messages" },
    {
      flags: "--redis-url <url>",
      about: "rediss://…, where rotations are published, without a password; REDIS_URL may have one",
    },
    { flags: "--redis-channel <name>", about: "rekey unless said" },
    {
      flags: "--redis-key-secret <id>",
      about:
        "the secret whose text signs that channel's messages; others are refused. REDIS_CHANNEL_KEY_SECRET says it, too",
    },
    { flags: "--ttl <seconds>", about: "how long a value is served without asking; 300 unless said" },
    { flags: "--max-stale <seconds>", about: "how long after that while the source fails; 3600 unless said" },
    { flags: "--timeout <ms>", about: "of one request to the source; 3000 unless said" },
    { flags: "--max-secrets <number>", about: "secrets and versions that are kept (default: 1000)" },
    { flags: "--max-bytes <number>", about: "an estimate of what these take (default: 67108864)" },
    { flags: "--prefetch <id>", about: "read at the start", many: true },
    { flags: "--prefetch-tag <key>", about: "secrets with this tag are read at the start", many: true },
    { flags: "--drain-timeout <ms>", about: "for requests under way at the end; 10000 unless said" },
  ],
  examples: [
    "rekey agent --topic-arn arn:aws:sns:eu-west-1:123456789012:rekey-SecretRotatedTopic --prefetch prod/orders",
  ],
  aws: true,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
