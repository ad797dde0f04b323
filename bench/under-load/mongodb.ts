import { MongoClient } from "mongodb";
import { createRotatingClient } from "../../shared/client/pools/mongodb/rotating-client.ts";
import { clientOf, ferretDbFixture, ferretDbServerOf } from "../../tests/support/ferretdb-fixture.ts";
import { type FerretDb, startFerretDb } from "../../tests/support/ferretdb.ts";
import type { Product } from "./load.ts";

/** FerretDB on SQLite takes few at once. */
const connections = 16;

/** Half of the workers keep one client over every rotation, whose connections end after each query; half make a client for each. */
export function mongodb(binary: string): Product {
  let ferret: FerretDb;
  return {
    connections,
    fixture: {
      ...ferretDbFixture(binary),
      start: async () => ferretDbServerOf((ferret = await startFerretDb(binary))),
    },
    rotating(client, secretId) {
      let recovered = 0;
      let kept: ReturnType<typeof connect> | undefined;
      const connect = async () =>
        createRotatingClient({
          client,
          secretId,
          createClient: (url, login) =>
            new MongoClient(url, { ...login, directConnection: true, maxIdleTimeMS: 1, maxPoolSize: connections }),
        });
      const find = async (mongo: MongoClient): Promise<unknown> => mongo.db("shop").collection("orders").findOne({});
      return {
        async query(worker) {
          if (worker % 2 === 0) return void (await find((await (kept ??= connect())).mongo));
          const connection = await connect();
          try {
            await find(connection.mongo);
          } finally {
            await connection.end();
            recovered += connection.refusedLogins;
          }
        },
        get recovered() {
          return recovered;
        },
        async end() {
          const connection = await kept;
          await connection?.end();
          recovered += connection?.refusedLogins ?? 0;
        },
      };
    },
    async queryAs({ username, password }) {
      const connection = clientOf(ferret, { username, password: password.reveal() });
      try {
        await connection.db("shop").collection("orders").findOne({});
      } finally {
        await connection.close();
      }
    },
  };
}
