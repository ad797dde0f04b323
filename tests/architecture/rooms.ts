/** Which room may import what, in design order. What is not listed is not allowed. */
export interface Room {
  /** Rooms, or single files of rooms. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

const ports = "shared/rotation/ports.ts";
/** What a rotation tells of itself. */
const rotationEvent = "shared/rotation/rotation-event.ts";
/** What the operations ask of the world beyond the rotation's own ports. */
const operationPorts = "shared/operations/ports.ts";
/** What the views of many secrets, and what an operator does to them, ask beyond that. */
const fleetPorts = "shared/operations/fleet/ports.ts";
const values = ["shared/secrets", "shared/errors"];
/** What reads the parameters of the template. */
const parameterReaders = ["local/template/read-template.ts", "local/aws/members.ts", "deploy/template/parameters.ts"];
/** What a command starts the local stack with. */
const localStack = ["local/run-local.ts", "local/package-root.ts"];

export const rooms: Readonly<Record<string, Room>> = {
  "shared/errors": { rooms: [], packages: [] },
  "shared/answers": { rooms: [], packages: [] },
  "shared/secrets": { rooms: ["shared/errors"], packages: ["node:crypto"] },
  "shared/rotation": { rooms: values, packages: [] },
  "shared/engines": {
    rooms: [ports, "shared/answers", "shared/vault", "shared/http", ...values],
    packages: [
      "node:crypto",
      "node:events",
      "node:net",
      "node:stream",
      "node:tls",
      "node:util",
      "pg",
      "@mongodb-js/saslprep",
      "mongodb",
      "mysql2",
    ],
  },
  "shared/stores": {
    rooms: [ports, operationPorts, fleetPorts, ...values],
    packages: ["@aws-sdk/client-secrets-manager", "@smithy/core/checksum", "@smithy/signature-v4"],
  },
  "shared/publishers": {
    rooms: [ports, rotationEvent, "shared/errors"],
    packages: ["@aws-sdk/client-eventbridge", "@aws-sdk/client-sqs"],
  },
  "shared/http": { rooms: [], packages: ["node:dns", "node:http", "node:https", "node:net"] },
  "shared/vault": {
    rooms: [ports, "shared/answers", "shared/http", ...values],
    packages: ["node-vault", "@smithy/core/checksum", "@smithy/signature-v4"],
  },
  "shared/mirrors": {
    rooms: [
      ports,
      operationPorts,
      fleetPorts,
      "shared/operations/doctor/account.ts",
      "shared/answers",
      "shared/vault",
      ...values,
    ],
    packages: ["node:crypto", "node:timers/promises", "node:util"],
  },
  "shared/client": {
    rooms: [
      ...values,
      "shared/answers",
      "shared/stores",
      "shared/vault",
      "shared/engines/postgres/guard-parser.ts",
      "shared/engines/postgres/pooler-answers.ts",
      "shared/mirrors/mirrored-fields.ts",
      "shared/mirrors/mirror-path.ts",
      "shared/webhook/signature.ts",
    ],
    packages: [
      "pg",
      "mysql2",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sqs",
      "@aws-sdk/client-sns",
      "@opentelemetry/api",
      "node:",
    ],
  },
  "shared/operations": {
    rooms: ["shared/rotation", "shared/stores", "shared/publishers", "shared/mirrors", "shared/answers", ...values],
    packages: [],
  },
  // The plan itself is arithmetic: it knows nothing of the system that it plans for.
  "shared/operations/capacity": { rooms: ["shared/errors"], packages: [] },
  // It plays the plan with the client that services have, so that the two cannot drift apart.
  "shared/operations/capacity/simulation": {
    rooms: ["shared/operations/capacity", "shared/client", "shared/testing/manual-clock.ts", ...values],
    packages: [],
  },
  "shared/adoptions": { rooms: [operationPorts, fleetPorts, "shared/errors"], packages: ["@aws-sdk/client-dynamodb"] },
  "shared/records": {
    rooms: [ports, fleetPorts, "shared/errors"],
    packages: ["@aws-sdk/client-cloudtrail", "@aws-sdk/client-cloudwatch-logs"],
  },
  "shared/invokers": { rooms: [operationPorts, "shared/errors"], packages: ["@aws-sdk/client-lambda"] },
  "shared/queues": {
    rooms: [ports, operationPorts, "shared/operations/doctor/account.ts", "shared/errors"],
    packages: ["@aws-sdk/client-sqs", "@aws-sdk/client-sns", "node:timers/promises"],
  },
  // Redis's driver is wrapped once, for its engine; what is published on a channel goes by the same verified connection.
  "shared/channels": {
    rooms: [
      ports,
      "shared/engines/redis/connection.ts",
      "shared/engines/redis/translate-error.ts",
      "shared/webhook/signature.ts",
      ...values,
    ],
    packages: [],
  },
  "shared/webhook": { rooms: [ports, ...values], packages: ["node:crypto", "node:http", "node:https"] },
  "shared/account": {
    rooms: [
      "shared/rotation/ports.ts",
      "shared/operations/doctor/account.ts",
      "shared/operations/detach/ports.ts",
      "shared/stores/translate-error.ts",
      "shared/errors",
    ],
    packages: [
      "@aws-sdk/client-cloudformation",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-iam",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sns",
      "@aws-sdk/client-sts",
      "yaml",
    ],
  },
  "shared/testing": { rooms: ["shared/rotation", "shared/client", ...values], packages: ["node:"] },
  "shared/testing/engine-contract": {
    rooms: ["shared/rotation", "shared/stores", "shared/publishers", "local", ...values],
    packages: ["node:", "fast-check", "@aws-sdk/client-eventbridge", "@aws-sdk/client-secrets-manager"],
  },
  "shared/runtime": {
    rooms: [
      "shared/rotation",
      "shared/operations",
      "shared/stores",
      "shared/publishers",
      "shared/mirrors",
      "shared/vault",
      "shared/adoptions",
      "shared/invokers",
      "shared/queues",
      "shared/records",
      "shared/webhook",
      "shared/channels",
      ...values,
    ],
    packages: [
      "@middy/core",
      "aws-lambda",
      "@aws-sdk/client-cloudtrail",
      "@aws-sdk/client-cloudwatch-logs",
      "@aws-sdk/client-dynamodb",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-sqs",
      "node:fs",
      "node:fs/promises",
      "node:timers/promises",
    ],
  },
  "shared/agent": {
    rooms: ["shared/client", "shared/stores", ...values],
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
    rooms: ["shared", "functions", "console/server", ...localStack, "deploy/template/text.ts", "package.json"],
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
      "@aws-sdk/client-cloudformation",
      "@aws-sdk/client-cloudwatch",
      "@aws-sdk/client-dynamodb",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-iam",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-s3",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sns",
      "@aws-sdk/client-sqs",
      "@aws-sdk/client-sts",
      "@redis/client",
      "fflate",
      "yaml",
    ],
  },
  // Where everything printed leaves the process: by the descriptor of a file, or to a pipe that must not block.
  "cli/outlet.ts": { rooms: [], packages: ["node:fs", "node:net", "node:stream", "node:worker_threads"] },
  // Deployed into a function of its own.
  "cli/smoke-test/key-api": { rooms: [], packages: ["@aws-sdk/client-dynamodb", "node:crypto"] },
  // What an operator's tools log in with: a process of its own, with the drivers, and no credentials of the operator's.
  "cli/isolation": {
    rooms: ["cli/engines.ts", ports, ...values],
    packages: ["node:child_process", "node:diagnostics_channel", "node:net", "node:worker_threads"],
  },
  // Served to an operator's browser, which is told everything as JSON: the page knows shapes, and no module of the system.
  console: { rooms: [], packages: [] },
  "console/contract.ts": { rooms: ["shared/operations", "shared/errors"], packages: [] },
  "console/server": {
    rooms: ["console/contract.ts", "shared/operations", ports, "shared/rotation/secret-name.ts", "shared/errors"],
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
    rooms: ["console/contract.ts", "shared/operations/fleet"],
    packages: ["preact", "preact-iso", "@tanstack/virtual-core"],
  },
  bundle: {
    rooms: ["local/template/read-template.ts"],
    packages: ["esbuild", "@cyclonedx/cyclonedx-library", "@smithy/signature-v4", "marked", "node:"],
  },
  local: {
    rooms: ["shared/rotation/ports.ts", "shared/client", "shared/stores", "shared/secrets", "shared/errors"],
    packages: [
      "node:",
      "pg",
      "yaml",
      "croner",
      "fflate",
      "@aws-sdk/client-dynamodb",
      "@aws-sdk/client-eventbridge",
      "@aws-sdk/client-lambda",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sns",
      "@aws-sdk/client-sqs",
    ],
  },
  bench: {
    rooms: ["shared", "local", "bundle", "tests/support"],
    packages: [
      "node:",
      "pg",
      "mysql2",
      "@redis/client",
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
    rooms: [...parameterReaders, "local/template/overlay.ts", "deploy/template/text.ts", "shared/errors"],
    packages: ["aws-cdk-lib", "constructs", "node:fs", "node:path"],
  },
  "deploy/terraform": { rooms: parameterReaders, packages: ["node:fs"] },
  "deploy/template": { rooms: [], packages: ["node:fs", "node:path"] },
  ".ci": { rooms: [], packages: ["node:", "@stryker-mutator/core"] },
  examples: {
    rooms: ["shared/testing/engine-contract", "local/postgres", "tests/support/postgres-fixture.ts"],
    packages: ["rekey", "pg", "drizzle-orm", "kysely", "@prisma/adapter-pg", "typeorm"],
  },
};

/** The only rooms that may take the text out of a `SecretValue`. */
export const mayReveal = [
  "shared/secrets",
  "shared/engines",
  "shared/stores",
  "shared/vault",
  "shared/mirrors",
  "shared/webhook",
  "shared/client",
  "shared/agent",
  "shared/testing/engine-contract",
  "cli/isolation",
  "local/demo",
  "bench/under-load",
];

/** Names of engines do not stand in the core: it asks for capabilities. */
export const engineNames =
  /["'`](?:postgres|postgresql|aurora-postgresql|mysql|mariadb|redshift|redis|valkey|mongodb|http-api-key)["'`]/;
