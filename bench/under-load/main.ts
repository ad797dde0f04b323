import { loadavg } from "node:os";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { ferretDb } from "../../tests/support/ferretdb.ts";
import { kafkaProgram } from "../../tests/support/kafka.ts";
import { slapd } from "../../tests/support/ldap.ts";
import { mariadbd } from "../../tests/support/mysql-servers.ts";
import { poolServers } from "../../tests/support/pool-servers.ts";
import { rabbitmqServer } from "../../tests/support/rabbitmq.ts";
import { redisServer } from "../../tests/support/redis.ts";
import { rotateAtTheLimit } from "./at-the-limit.ts";
import { elastiCache } from "./elasticache.ts";
import { ioredis } from "./ioredis.ts";
import type { Product } from "./load.ts";
import { kafkaMessages } from "./kafka.ts";
import { knexOnMariadb, knexOnPostgres } from "./knex.ts";
import { ldap } from "./ldap.ts";
import { mariadb, mariadbBySequelize, mariadbConnector } from "./mariadb.ts";
import { mongodb } from "./mongodb.ts";
import { postgres, postgresBySequelize } from "./postgres.ts";
import { postgresJs } from "./postgres-js.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { redis } from "./redis.ts";
import { type Outcome, rotateUnderLoad } from "./rotate-under-load.ts";

const rotations = Number(process.argv[2] ?? 50);
/** Enough to show what is avoided. */
const comparedRotations = Math.ceil(rotations / 15);
const only = process.argv[3];
const strategies = ["single-user", "alternating-users", "dual-password"] as const;

/** By the client that each engine's page recommends. */
const servers: readonly Product[] = [
  postgres,
  ...(mariadbd === undefined ? [] : [mariadb(mariadbd)]),
  ...(redisServer === undefined ? [] : [redis(redisServer), elastiCache(redisServer)]),
  ...(rabbitmqServer === undefined ? [] : [rabbitmq(rabbitmqServer)]),
  ...(slapd === undefined ? [] : [ldap(slapd)]),
  ...(kafkaProgram === undefined ? [] : [kafkaMessages(kafkaProgram)]),
];
/** By other drivers: `npm run under-load 50 integrations` has all of them, `npm run under-load 50 integrations knex` one. */
const integrations: Readonly<Record<string, Product>> = {
  "postgres.js": postgresJs,
  knex: knexOnPostgres,
  "sequelize-postgresql": postgresBySequelize,
  ...(mariadbd !== undefined && {
    "knex-mariadb": knexOnMariadb(mariadbd),
    mariadb: mariadbConnector(mariadbd),
    "sequelize-mariadb": mariadbBySequelize(mariadbd),
  }),
  ...(redisServer !== undefined && { ioredis: ioredis(redisServer) }),
  ...(ferretDb !== undefined && { mongodb: mongodb(ferretDb) }),
};
const isOfIntegrations = only === "integrations";
const integration = process.argv[4];
if (integration !== undefined && integrations[integration] === undefined)
  throw new Error(`no integration ${integration}; there are: ${Object.keys(integrations).join(", ")}`);

const isAsked = (name: string): boolean => only === undefined || name.toLowerCase().startsWith(only);
const products = isOfIntegrations
  ? Object.entries(integrations).flatMap(([name, product]) => ((integration ?? name) === name ? [product] : []))
  : servers.filter(({ fixture }) => isAsked(fixture.name));

// The servers end with the process, when it exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
console.log(
  `load average before: ${loadavg()
    .map((value) => value.toFixed(2))
    .join(" ")}`,
);
let lost = 0;
const print = (what: string, { rotations, queries, failed, recovered, seconds, reasons }: Outcome): void =>
  console.log(
    `${what}: ${rotations} rotations, ${queries} queries, ${failed} failed, ${recovered} refused and recovered, ` +
      `${seconds} s ${JSON.stringify(reasons)}`,
  );
for (const product of products) {
  const { fixture } = product;
  const server = await fixture.start();
  const stage = await startStage(fixture, server);
  try {
    for (const strategy of strategies) {
      const variants = fixture.variants.filter((one) => one.strategy === strategy);
      const variant = variants.find((one) => one.tags === undefined) ?? variants[0];
      if (variant === undefined) {
        console.log(`${fixture.name}, ${strategy}: the engine has no such strategy`);
        continue;
      }
      for (const isRotating of [true, false]) {
        const outcome = await rotateUnderLoad(product, stage, variant, {
          isRotating,
          rotations: isRotating ? rotations : comparedRotations,
        });
        if (isRotating) lost += outcome.failed;
        print(`${fixture.name}, ${strategy}, ${isRotating ? "rekey's pool" : "TTL-only cache"}`, outcome);
      }
    }
  } finally {
    await stage.stop();
    await server.stop();
  }
}
for (const { name, absent, start } of poolServers) {
  if (absent || isOfIntegrations || !isAsked(name)) continue;
  const server = await start();
  try {
    const outcome = await rotateAtTheLimit(server, rotations);
    lost += outcome.failed;
    print(`${name}, the user's connection limit is the pool's, rekey's pool`, outcome);
  } finally {
    await server.stop();
  }
}
console.log(
  `load average after: ${loadavg()
    .map((value) => value.toFixed(2))
    .join(" ")}`,
);
if (lost > 0) process.exitCode = 1;
