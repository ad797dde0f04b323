import { expect, test } from "vitest";
import { letIn, rogueMysql } from "../../../tests/support/rogue-mysql.ts";
import { visitInChild } from "../../../tests/support/visit-in-child.ts";

test("a server that stays connected after the session's end does not keep the process", async () => {
  await using server = await rogueMysql(letIn(() => undefined));
  const [login] = await visitInChild({ engine: "mysql", port: server.port });
  expect(login).toMatchObject({ result: "done" });
});
