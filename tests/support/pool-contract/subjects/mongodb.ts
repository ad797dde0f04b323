import { MongoClient } from "mongodb";
import { createRotatingClient } from "../../../../shared/client/pools/mongodb/rotating-client.ts";
import { type FerretDb, startFerretDb } from "../../ferretdb.ts";
import { clientOf, ferretDbFixture, ferretDbServerOf } from "../../ferretdb-fixture.ts";
import type { PoolFixture, SubjectOptions } from "../fixture.ts";

const connect = async (options: SubjectOptions, settings: object = {}) =>
  createRotatingClient({
    ...options,
    createClient: (url, login) =>
      new MongoClient(url, { ...login, directConnection: true, serverSelectionTimeoutMS: 2_000, ...settings }),
  });

export function mongodbFixture(binary: string): PoolFixture {
  let ferret: FerretDb;
  return {
    name: "mongodb on FerretDB",
    engine: {
      ...ferretDbFixture(binary),
      start: async () => ferretDbServerOf((ferret = await startFerretDb(binary))),
    },
    variants: [
      { strategy: "single-user", usesAdmin: false },
      { strategy: "alternating-users", usesAdmin: true, tags: { "rekey:alternate-user": "app_b" } },
    ],
    exemptions: [
      { clause: "settings", reason: "the service makes the client, of the login that it is given" },
      { clause: "tls", reason: "the driver's monitor connects again until serverSelectionTimeoutMS is over" },
      { clause: "tls-typed", reason: "the same; the error is that of tests/client/rotating-mongodb-client.test.ts" },
    ],
    async prepare() {
      const admin = await clientOf(ferret, ferret.admin).connect();
      return {
        arrived: async (mark) => admin.db("shop").collection("marks").countDocuments({ mark }),
        stop: async () => admin.close(),
      };
    },
    async open(options) {
      const connection = await connect(options);
      const marks = connection.mongo.db("shop").collection("marks");
      return {
        async operate(mark) {
          await marks.insertOne({ mark });
          return undefined;
        },
        async longWork(mark) {
          await marks.insertMany([{ of: mark }, { of: mark }, { of: mark }, { of: mark }]);
          const cursor = marks.find({ of: mark }, { batchSize: 1 });
          await cursor.next();
          return {
            step: async () => void (await cursor.next()),
            async finish() {
              await cursor.next();
              await cursor.close();
              await marks.insertOne({ mark });
            },
          };
        },
        get versionId() {
          return connection.versionId;
        },
        visible: connection,
        close: async () => connection.end(),
      };
    },
    credentialSettings: [],
    openWith: connect,
  };
}
