import { expect, test } from "vitest";
import { rotateByBundle } from "../support/bundled-rotation.ts";
import { mariadbd, startMysqlServer } from "../support/mysql-servers.ts";

test.skipIf(mariadbd === undefined)(
  "the bundled function, with all that was cut from its driver, rotates a MariaDB user",
  { timeout: 120_000 },
  async () => {
    const server = await startMysqlServer("mariadb", mariadbd ?? "");
    try {
      await server.admin("CREATE USER app IDENTIFIED BY 'first'");
      const { host, port } = server;
      const value = { engine: "mariadb", host, port, username: "app", password: "first", ssl: false };
      const { failures, password } = await rotateByBundle("rotate-mariadb", value);
      expect(failures).toEqual([]);
      expect(password).not.toBe("first");
      await (await server.connect({ username: "app", password })).end();
    } finally {
      await server.stop();
    }
  },
);
