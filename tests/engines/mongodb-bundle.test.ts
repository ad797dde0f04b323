import { expect, test } from "vitest";
import { rotateByBundle } from "../support/bundled-rotation.ts";
import { ferretDb, startFerretDb } from "../support/ferretdb.ts";
import { clientOf } from "../support/ferretdb-fixture.ts";

test.skipIf(ferretDb === undefined)(
  "the bundled function, with all that was cut from its driver, rotates a user of MongoDB's protocol",
  { timeout: 120_000 },
  async () => {
    const server = await startFerretDb(ferretDb ?? "");
    try {
      const admin = clientOf(server, server.admin);
      await admin.db("admin").command({ createUser: "app", pwd: "first", roles: [] });
      await admin.close();
      const { host, port } = server;
      const value = { engine: "mongodb", host, port, username: "app", password: "first", ssl: false };
      const { failures, password } = await rotateByBundle("rotate-mongodb", value);
      expect(failures).toEqual([]);
      expect(password).not.toBe("first");
      const client = await clientOf(server, { username: "app", password }).connect();
      await client.close();
    } finally {
      await server.stop();
    }
  },
);
