import { type Room, vocabulary } from "./room.ts";

/** What a command starts the local stack with. */
const localStack = ["local/run-local.ts", "local/package-root.ts"];

/** The rooms outside of `shared` and `functions`. */
export const outerRooms: Readonly<Record<string, Room>> = {
  cli: {
    rooms: [
      "shared",
      "functions",
      "console/server",
      ...localStack,
      "deploy/reading",
      "bundle/node-module.ts",
      "package.json",
    ],
    packages: [
      "node:util",
      "commander",
      "node:events",
      "node:path",
      "node:readline/promises",
      "node:stream",
      "node:string_decoder",
      "node:tty",
      "node:url",
      "node:timers/promises",
      "node:crypto",
      "node:fs/promises",
      "node:module",
      "@aws-sdk/",
      "@redis/client",
      // Types alone: an engine is bundled by the esbuild of its project.
      "esbuild",
      "fflate",
      "yaml",
      // Reads the agent's configuration file.
      "smol-toml",
    ],
  },
  // Where everything printed leaves the process: by the descriptor of a file, or to a pipe that must not block.
  "cli/output/outlet.ts": { rooms: [], packages: ["node:fs", "node:net", "node:stream", "node:worker_threads"] },
  // Deployed into a function of its own.
  "cli/commands/smoke-test/key-api": { rooms: [], packages: ["@aws-sdk/client-dynamodb", "node:crypto"] },
  // What gives a program secrets: it starts processes, and writes files that leave with them.
  "cli/commands/exec": {
    rooms: ["cli", "shared/client", "shared/errors", "shared/secrets"],
    packages: [
      "node:child_process",
      "node:crypto",
      "node:events",
      "node:fs",
      "node:fs/promises",
      "node:os",
      "node:path",
      "node:timers/promises",
      "node:tty",
    ],
  },
  // What an operator's tools log in with: a process of its own, with the drivers, and no credentials of the operator's.
  "cli/isolation": {
    rooms: ["cli/wiring/engines.ts", "shared/answers", ...vocabulary],
    packages: ["node:child_process", "node:diagnostics_channel", "node:net", "node:worker_threads"],
  },
  // The engine contract against a server that somebody names: it makes users there, and the drivers log in as them.
  "cli/certification": {
    rooms: ["shared/engines", "shared/rotation", "shared/runtime", "shared/testing/engine-contract", ...vocabulary],
    packages: ["node:async_hooks", "node:dns", "node:events", "node:net", "node:timers/promises", "node:tls", "pg"],
  },
  // Served to an operator's browser, which is told everything as JSON: the page knows shapes, and no module of the system.
  console: { rooms: [], packages: [] },
  "console/contract.ts": { rooms: ["shared/operations", "shared/capacity", "shared/errors"], packages: [] },
  "console/server": {
    rooms: [
      "console/contract.ts",
      "shared/answers",
      "shared/operations",
      "shared/capacity",
      "shared/ports",
      // Pure text: a secret's name in an ARN, and members that may be absent.
      "shared/rotation/secret-name.ts",
      "shared/secrets/defined.ts",
      "shared/errors",
    ],
    packages: [
      "hono",
      "@hono/node-server",
      "node:crypto",
      "node:fs/promises",
      "node:net",
      "node:path",
      "node:timers/promises",
    ],
  },
  "console/browser": {
    rooms: [
      "console/contract.ts",
      "shared/operations/fleet",
      "shared/ports",
      "shared/secrets/defined.ts",
      "shared/tags",
    ],
    packages: ["preact", "preact-iso", "@tanstack/virtual-core"],
  },
  bundle: {
    // It writes the template as JSON for SAM.
    rooms: ["deploy/reading"],
    packages: ["esbuild", "@cyclonedx/cyclonedx-library", "@smithy/signature-v4", "marked", "node:"],
  },
  local: {
    rooms: ["shared/client", "shared/aws", "shared/answers", "deploy/reading", ...vocabulary],
    packages: ["node:", "pg", "yaml", "croner", "fflate", "@aws-sdk/"],
  },
  bench: {
    rooms: ["shared", "local", "bundle", "tests/support"],
    packages: [
      "node:",
      "pg",
      "mysql2",
      "sequelize",
      "knex",
      "@redis/client",
      "ioredis",
      "mongodb",
      "amqplib",
      "ldapts",
      "@platformatic/kafka",
      "@aws-lambda-powertools/parameters",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sns",
      "@aws-sdk/client-sqs",
      "@middy/secrets-manager",
      "esbuild",
      "playwright-core",
    ],
  },
  "deploy/cdk": {
    rooms: ["deploy/reading", "shared/answers", "shared/errors", "shared/tags"],
    packages: ["aws-cdk-lib", "constructs", "node:fs", "node:path"],
  },
  "deploy/terraform": { rooms: ["deploy/reading", "shared/answers"], packages: ["node:fs"] },
  // What the template says, for everything that does not write it.
  "deploy/reading": { rooms: ["shared/answers"], packages: ["yaml"] },
  "deploy/template": { rooms: ["deploy/reading"], packages: ["node:fs", "node:path"] },
  ".ci": { rooms: [], packages: ["node:", "@stryker-mutator/core"] },
  examples: {
    // The servers that their tests run against.
    rooms: [
      "shared/testing/engine-contract",
      "local/postgres",
      "tests/support/postgres-fixture.ts",
      "tests/support/ferretdb.ts",
      "tests/support/ferretdb-fixture.ts",
      "tests/support/kafka.ts",
      "tests/support/kafka-fixture.ts",
      "tests/support/kafka-topic.ts",
      "tests/support/redis.ts",
      "tests/support/redis-fixture.ts",
      "tests/support/rabbitmq.ts",
      "tests/support/rabbitmq-fixture.ts",
    ],
    packages: [
      "node:",
      "rekey",
      "@platformatic/kafka",
      "amqplib",
      "bullmq",
      "ioredis",
      "mongoose",
      "pg",
      "knex",
      "drizzle-orm",
      "kysely",
      "@prisma/adapter-pg",
      "typeorm",
      "@nestjs/",
      "reflect-metadata",
      "sequelize",
      "fastify",
      "@fastify/cookie",
      "jose",
      "@aws-sdk/client-secrets-manager",
    ],
  },
};
