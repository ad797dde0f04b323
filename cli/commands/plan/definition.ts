import { type CommandDefinition, jsonOption } from "../../command.ts";

export const plan: CommandDefinition = {
  name: "plan",
  kind: "reads",
  words: [],
  summary: "what growth asks of Secrets Manager, KMS, EventBridge, Lambda and Vault, and what it costs",
  about: [
    "No account is contacted. Without an option: the table of four sizes. With one: that size in detail; what is not given is read off the table.",
  ],
  options: [
    { flags: "--users <number>", about: "users; 10,000 unless given" },
    { flags: "--services <number>", about: "services" },
    { flags: "--instances <number>", about: "instances of all services together, each with a cache" },
    { flags: "--secrets <number>", about: "secrets" },
    { flags: "--reads <number>", about: "reads of secrets by all services together, a second" },
    { flags: "--ttl <seconds>", about: "how long the cache serves without asking; 300 unless given" },
    { flags: "--push", about: "events tell instances of new versions" },
    { flags: "--no-push", about: "they do not" },
    { flags: "--regions <number>", about: "regions, each with a replica of every secret" },
    {
      flags: "--shards <number>",
      about: "AWS accounts, each with its own bus, topic and Vault cluster; as few as carry it unless given",
    },
    { flags: "--rotation-days <number>", about: "between two rotations of a secret; 30 unless given" },
    { flags: "--secret-bytes <number>", about: "size of a secret; 1,000 unless given" },
    { flags: "--customer-key", about: "secrets are under customer managed KMS keys" },
    {
      flags: "--simulate",
      about: "play the size with the client's own cache under virtual time, beside the calculation",
    },
    { flags: "--seed <number>", about: "of the simulation; 1 unless given" },
    {
      flags: "--report <file>",
      about: "write charts and numbers: FILE.html, or the charts alone: FILE.svg. Simulates, too",
    },
    { flags: "--facts", about: "print each quota, price and rate with its source and date" },
    jsonOption,
  ],
  examples: [
    "rekey plan",
    "rekey plan --users 50000 --ttl 60 --simulate",
    "rekey plan --secrets 100000 --reads 10000 --regions 2 --report plan.html",
  ],
  aws: false,
  timeoutMs: false,
  load: async () => (await import("./run.ts")).run,
};
