import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { optionalPeers } from "../../../bundle/stage-package.ts";
import { ferretDb, startFerretDb } from "../../support/ferretdb.ts";
import { installTarball } from "../../support/install-tarball.ts";
import { kafkaProgram, root, startKafka } from "../../support/kafka.ts";
import { openTopic } from "../../support/kafka-topic.ts";
import { mariadbd, startMysqlServer } from "../../support/mysql-servers.ts";
import { outsideProgram } from "../../support/outside-program.ts";
import { runService } from "../../support/peer-service.ts";
import { redisServer, startRedis } from "../../support/redis.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { kafkaService } from "./kafka-service.ts";
import { ioredisService, mongodbService, mysqlService, pgService, redisService } from "./peer-services.ts";

const kind = "peers and module formats";
const peers = outsideProgram("REKEY_PEERS", "npm: .ci/peers");
const timeout = 180_000;
printFieldCases();

const from = (alias: string): string => {
  const folder = join(peers ?? "", alias);
  if (!existsSync(folder)) throw new Error(`${folder} is not there: see .ci/peers/package.json`);
  return folder;
};

/** Three rotations under load lost nothing, warned of nothing and left nothing open. */
const held = { failed: [], warnings: [], rotations: 3, left: 0 };

interface Server extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly root: { readonly username: string; readonly password: string };
}

function during(start: () => Promise<Server>): () => object {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await start();
  }, timeout);
  afterAll(async () => server?.[Symbol.asyncDispose]());
  return () => ({ host: server?.host, port: server?.port, root: server?.root });
}

describe.skipIf(peers === undefined)("the packed package next to a driver", { timeout }, () => {
  let folder: string;
  let rekey: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rekey-packed-"));
    rekey = await installTarball(folder);
  }, timeout);
  afterAll(async () => rm(folder, { recursive: true }));

  describe.skipIf(mariadbd === undefined)("mysql2", () => {
    const input = during(async () => {
      const { host, port, superuser: root, stop } = await startMysqlServer("mariadb", mariadbd ?? "");
      return { host, port, root, [Symbol.asyncDispose]: stop };
    });

    test.each(["mysql2-lowest", "mysql2-before-graceful-end", "mysql2-highest"])(
      "%s loses no query over three rotations, and closes every old connection",
      async (alias) =>
        fieldCase(kind, async () => {
          const report = await runService(mysqlService, rekey, { from: from(alias), name: "mysql2" }, input());
          expect(report).toMatchObject(held);
          expect(report.open).toBeLessThanOrEqual(3);
          expect(report.queries).toBeGreaterThan(50);
        })(),
    );

    test(
      "mysql2-below is refused, with the versions in the error",
      fieldCase(kind, async () => {
        const report = await runService(mysqlService, rekey, { from: from("mysql2-below"), name: "mysql2" }, input());
        expect(report).toMatchObject({
          refused: "driver-unsupported",
          context: { driver: "mysql2", found: "3.8.0", supported: "3.9.0 to 3.x" },
        });
        expect(optionalPeers["mysql2"]).toBe("^3.9.0");
      }),
    );
  });

  describe("pg", () => {
    const input = during(async () => {
      const { host, port, superuser: root, stop } = await startPostgres();
      return { host, port, root, [Symbol.asyncDispose]: stop };
    });

    test.each(["pg-lowest", "pg-highest"])(
      "%s loses no query over three rotations, and closes every old connection",
      async (alias) =>
        fieldCase(kind, async () => {
          const report = await runService(pgService, rekey, { from: from(alias), name: "pg" }, input());
          expect(report).toMatchObject(held);
          expect(report.open).toBeLessThanOrEqual(3);
          expect(report.queries).toBeGreaterThan(50);
        })(),
    );
  });

  describe.skipIf(redisServer === undefined)("redis", () => {
    const input = during(async () => {
      const { host, port, superuser: root, stop } = await startRedis(redisServer ?? "");
      return { host, port, root, [Symbol.asyncDispose]: stop };
    });

    test.each([
      ["redis-client-lowest", "@redis/client"],
      ["redis-lowest", "redis"],
      ["redis-5-highest", "redis"],
      ["redis-highest", "redis"],
    ])("%s loses no command over three rotations, and logs in as the secret's user", async (alias, name) =>
      fieldCase(kind, async () => {
        const report = await runService(redisService(name), rekey, { from: from(alias), name }, input());
        expect(report).toMatchObject(held);
        expect(report.open).toBe(1);
        expect(report.queries).toBeGreaterThan(50);
      })(),
    );

    test(
      "redis-below is refused before it logs in as the default user",
      fieldCase(kind, async () => {
        const report = await runService(
          redisService("redis"),
          rekey,
          { from: from("redis-below"), name: "redis" },
          input(),
        );
        expect(report).toMatchObject({ refused: "driver-unsupported", context: { driver: "redis", found: "redis 4" } });
      }),
    );

    test.each(["ioredis-lowest", "ioredis-highest"])(
      "%s loses no command over three rotations, nor does a duplicate",
      async (alias) =>
        fieldCase(kind, async () => {
          const report = await runService(ioredisService, rekey, { from: from(alias), name: "ioredis" }, input());
          expect(report).toMatchObject(held);
          expect(report.open).toBe(2);
          expect(report.queries).toBeGreaterThan(50);
        })(),
    );
  });

  describe.skipIf(kafkaProgram === undefined)("kafka", () => {
    const input = during(async () => {
      const kafka = await startKafka(kafkaProgram ?? "");
      await openTopic(kafka, "peers");
      return { host: kafka.host, port: kafka.plainPort, root, [Symbol.asyncDispose]: kafka.stop };
    });

    test.each(["kafka-lowest", "kafka-highest"])(
      "%s loses no message over three rotations, of which new connections hear by a refusal",
      async (alias) =>
        fieldCase(kind, async () => {
          const driver = { from: from(alias), name: "@platformatic/kafka" };
          const report = await runService(kafkaService, rekey, driver, input());
          expect(report).toMatchObject(held);
          expect(report.queries).toBeGreaterThan(9);
        })(),
    );
  });

  describe.skipIf(ferretDb === undefined)("mongodb", () => {
    const input = during(async () => {
      const { host, port, admin: root, stop } = await startFerretDb(ferretDb ?? "");
      return { host, port, root, [Symbol.asyncDispose]: stop };
    });

    test.each(["mongodb-lowest", "mongodb-highest"])(
      "%s loses no operation over three rotations, and makes refused logins again",
      async (alias) =>
        fieldCase(kind, async () => {
          const report = await runService(mongodbService, rekey, { from: from(alias), name: "mongodb" }, input());
          expect(report).toMatchObject(held);
          expect(report.queries).toBeGreaterThan(50);
        })(),
    );

    test(
      "mongodb-below is refused before it logs in",
      fieldCase(kind, async () => {
        const driver = { from: from("mongodb-below"), name: "mongodb" };
        const report = await runService(mongodbService, rekey, driver, input());
        expect(report).toMatchObject({
          refused: "driver-unsupported",
          context: { driver: "mongodb", found: "below 6.4", supported: "6.4.0 to 7.x" },
        });
      }),
    );
  });
});
