import { MongoClient } from "mongodb";
import { createRotatingClient } from "../../shared/client/pools/mongodb/rotating-client.ts";
import { clientOf, ferretDbFixture, ferretDbServerOf } from "../../tests/support/ferretdb-fixture.ts";
import { type FerretDb, startFerretDb } from "../../tests/support/ferretdb.ts";
import type { Product } from "./load.ts";
import { connected } from "./services.ts";

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
      const connect = async () =>
        createRotatingClient({
          client,
          secretId,
          createClient: (url, login) =>
            new MongoClient(url, { ...login, directConnection: true, maxIdleTimeMS: 1, maxPoolSize: connections }),
        });
      return connected(
        connect,
        (worker) => (worker % 2 === 0 ? 0 : undefined),
        async ({ mongo }) => mongo.db("shop").collection("orders").findOne({}),
      );
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
