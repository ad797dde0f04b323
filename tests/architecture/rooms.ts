import { outerRooms } from "./outer-rooms.ts";
import { type Room, values, vocabulary } from "./room.ts";

/** Which room may import what, in design order. What is not listed is not allowed. */
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
  ...outerRooms,
};
