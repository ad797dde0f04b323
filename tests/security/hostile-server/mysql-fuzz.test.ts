import { expect, test } from "vitest";
import { visitServer } from "../../support/engine-visit.ts";
import { type Change, changed, eachChange } from "../../support/mutated-conversation.ts";
import { type Column, greeting, ok, rogueMysql, rows, switchTo } from "../../support/rogue-mysql.ts";

const account = (user: string): readonly Column[] => [
  ["user", "text", user],
  ["host", "text", "%"],
  ["plugin", "text", "mysql_native_password"],
  ["isAdministrator", "int", "0"],
  ["tls", "text", ""],
  ["cipher", "text", ""],
  ["issuer", "text", ""],
  ["subject", "text", ""],
  ["queries", "int", "0"],
  ["updates", "int", "0"],
  ["connections", "int", "0"],
  ["userConnections", "int", "0"],
  ["mark", "text", "app"],
];

/** An honest server's side of a login and a change of alternating users, one entry for each message of the client. */
const recorded = [
  greeting(),
  switchTo(2, "client_ed25519"),
  ok(4),
  rows([["account", "text", "rotator@%"]]),
  ok(1),
  rows([["held", "int", "1"]]),
  rows(account("app"), account("app_clone")),
  ...Array.from({ length: 6 }, () => ok(1)),
];

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  await using server = await rogueMysql(async ({ socket, next, send }) => {
    for (const bytes of changed(recorded, made)) {
      send(bytes);
      await next();
    }
    socket.end();
  });
  const { result } = await visitServer({ engine: "mysql", port: server.port, operation: "syncPair", deadlineMs });
  return result;
}

test("a recorded conversation with MySQL, however it is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(made, 150));
});
