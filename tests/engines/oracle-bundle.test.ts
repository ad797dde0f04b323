import { expect, test } from "vitest";
import { rotateByBundle } from "../support/bundled-rotation.ts";
import { Database } from "../support/oracle/database.ts";
import { startOracle } from "../support/oracle/server.ts";

test(
  "the bundled function, with all that was cut from its driver, rotates a user once its secret accepts that it is experimental",
  { timeout: 60_000 },
  async () => {
    const database = new Database();
    database.create("APP", "first");
    await using server = await startOracle(database);
    const { host, port } = server;
    const value = {
      engine: "oracle",
      host,
      port,
      dbname: database.service,
      username: "app",
      password: "first",
      ssl: false,
    };
    const refused = await rotateByBundle("rotate-oracle", value);
    expect(refused.failures).toMatchObject([{ message: expect.stringContaining("engine-experimental") }]);
    expect(database.accepts("APP", "first")).toBe(true);
    const { failures, password } = await rotateByBundle("rotate-oracle", value, {
      "rekey:accept-experimental": "true",
    });
    expect(failures).toEqual([]);
    expect({ length: password.length, isIn: database.accepts("APP", password) }).toEqual({ length: 30, isIn: true });
  },
);
