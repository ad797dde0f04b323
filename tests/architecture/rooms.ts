/** Which room may import what, in design order. What is not listed is not allowed. */
export interface Room {
  /** Rooms, or single files of rooms. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

const values = ["shared/secrets", "shared/errors", "shared/tags"];
/** What the core asks of the world, and what is told of it. */
const vocabulary = ["shared/ports", ...values];
/** What a command starts the local stack with. */
const localStack = ["local/run-local.ts", "local/package-root.ts"];

export const rooms: Readonly<Record<string, Room>> = {
  "shared/tags": { rooms: [], packages: [] },
  "shared/errors": { rooms: ["shared/tags"], packages: [] },
  "shared/answers": { rooms: [], packages: [] },
  "shared/secrets": { rooms: ["shared/answers", "shared/tags", "shared/errors"], packages: ["node:crypto"] },
  // Pure: what a ring of keys is, for whoever makes it and for the services that sign and verify by it.
  "shared/signing-keys": { rooms: ["shared/answers", ...values], packages: ["node:crypto"] },
  "shared/ports": { rooms: ["shared/events/rotation-event.ts", ...values], packages: [] },
  "shared/events": { rooms: ["shared/answers", ...vocabulary], packages: [] },
  "shared/rotation": { rooms: ["shared/events", ...vocabulary], packages: [] },
  "shared/engines": {
    rooms: ["shared/answers", "shared/vault", "shared/http", "shared/signing-keys", ...vocabulary],
    packages: [
      "node:crypto",
      "node:events",
      "node:net",
      "node:stream",
      "node:timers/promises",
      "node:tls",
      "node:util",
      "pg",
      "@mongodb-js/saslprep",
      "bcryptjs",
      "ldapts",
      "mongodb",
      "mysql2",
      "oracledb",
    ],
  },
  "shared/aws": {
    rooms: ["shared/events", ...vocabulary],
    packages: [
      "@aws-sdk/",
      "@smithy/core/checksum",
      "@smithy/signature-v4",
      "node:timers/promises",
      // Sends signed requests without the SDK.
      "node:crypto",
      "node:fs/promises",
      "node:http",
      "node:https",
      // Reads a stack's template.
      "yaml",
    ],
  },
  "shared/http": { rooms: [], packages: ["node:dns", "node:http", "node:https", "node:net"] },
  "shared/vault": {
    rooms: ["shared/answers", "shared/http", ...vocabulary],
    packages: ["node-vault", "@smithy/core/checksum", "@smithy/signature-v4"],
  },
  "shared/mirrors": {
    rooms: ["shared/answers", "shared/vault", ...vocabulary],
    packages: ["node:crypto", "node:timers/promises", "node:util"],
  },
  "shared/client": {
    rooms: [
      "shared/events",
      "shared/answers",
      "shared/aws",
      "shared/vault",
      // The pools understand a server as the engines do, and the sources read the mirror as it writes.
      "shared/engines/postgres/wire",
      "shared/mirrors/layout",
      "shared/signing-keys",
      "shared/webhook/signature.ts",
      ...values,
    ],
    packages: [
      "pg",
      "mysql2",
      "mariadb",
      "sequelize",
      "@nestjs/common",
      "postgres",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sqs",
      "@aws-sdk/client-sns",
      "@opentelemetry/api",
      "node:",
    ],
  },
  "shared/operations": {
    rooms: ["shared/rotation", "shared/events", "shared/answers", ...vocabulary],
    packages: [],
  },
  // The plan is arithmetic: it knows nothing of the system that it plans for.
  "shared/capacity": { rooms: ["shared/errors"], packages: [] },
  // It plays the plan with the client that services have, so that the two cannot drift apart.
  "shared/capacity/simulation": {
    rooms: ["shared/capacity", "shared/client", "shared/testing/manual-clock.ts", ...values],
    packages: [],
  },
  // Redis's driver is wrapped once, for its engine; what is published on a channel goes by the same verified connection.
  "shared/channels": {
    rooms: ["shared/engines/redis", "shared/webhook", ...vocabulary],
    packages: [],
  },
  "shared/webhook": { rooms: ["shared/events", ...vocabulary], packages: ["node:crypto", "node:http", "node:https"] },
  // What people are told, and the forms in which each service takes it.
  "shared/chat": {
    rooms: ["shared/answers", "shared/events", "shared/http", ...vocabulary],
    packages: ["node:crypto"],
  },
  // An API server of Kubernetes, and the manifests that it is asked by.
  "shared/kubernetes": { rooms: ["shared/answers", "shared/http", ...vocabulary], packages: [] },
  "shared/testing": {
    rooms: ["shared/rotation", "shared/client", "shared/events", ...vocabulary],
    packages: ["node:"],
  },
  "shared/testing/engine-contract": {
    rooms: ["shared/rotation", "shared/aws", "shared/events", "local", ...vocabulary],
    packages: ["node:", "@aws-sdk/"],
  },
  "shared/runtime": {
    rooms: [
      "shared/rotation",
      "shared/operations",
      "shared/events",
      "shared/aws",
      "shared/mirrors",
      "shared/vault",
      "shared/webhook",
      "shared/channels",
      "shared/chat",
      "shared/kubernetes",
      ...vocabulary,
    ],
    packages: ["@middy/core", "aws-lambda", "@aws-sdk/", "node:fs", "node:fs/promises", "node:timers/promises"],
  },
  // What an engine outside of this repository is made of.
  "shared/kit": {
    rooms: ["shared/rotation", "shared/engines/connecting", "shared/runtime", ...vocabulary],
    packages: [],
  },
  "shared/agent": {
    rooms: ["shared/client", "shared/aws", ...values],
    packages: [
      "node:",
      "@aws-sdk/client-secrets-manager",
      "@opentelemetry/api",
      "@opentelemetry/exporter-prometheus",
      "@opentelemetry/sdk-metrics",
    ],
  },
  functions: { rooms: ["shared/runtime", "shared/rotation", "shared/engines"], packages: [] },
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
      "tests/support/redis.ts",
      "tests/support/redis-fixture.ts",
    ],
    packages: [
      "node:",
      "rekey",
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
