import { expect, test } from "vitest";
import { visitServer } from "../../support/engine-visit.ts";
import { type Change, changed, eachChange } from "../../support/mutated-conversation.ts";
import { type Column, letIn, rogueMysql, rows } from "../../support/rogue-mysql.ts";

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
  ["stored", "text", ""],
  ["additional", "text", null],
  ["isSystem", "int", "0"],
  ["hasProxies", "int", "0"],
  ["isLocked", "int", "0"],
  ["lifetime", "int", null],
  ["history", "int", null],
  ["reuseDays", "int", null],
  ["requiresCurrent", "text", null],
  ["lockAfter", "int", "0"],
  ["lockDays", "int", "0"],
  ["attributes", "text", '{"rekey": {"alternateOf": "app"}}'],
  ["mark", "text", "app"],
];

const rights = rows([["grants", "text", "GRANT ALL PRIVILEGES ON *.* TO `app`@`%` WITH GRANT OPTION"]]);

function answerTo(sql: string): Buffer | undefined {
  if (sql.includes("FROM mysql.user")) return rows(account("app"), account("app_clone"));
  return sql === "SHOW GRANTS" ? rights : undefined;
}

/** An honest server's side of a login and a change of alternating users, one entry for each message of the client. */
async function record(): Promise<readonly Buffer[]> {
  const recorded: Buffer[] = [];
  const honest = letIn(answerTo);
  await using server = await rogueMysql(async (visit) =>
    honest({
      ...visit,
      send(...bytes) {
        recorded.push(Buffer.concat(bytes));
        visit.send(...bytes);
      },
    }),
  );
  const { result } = await visitServer({ engine: "mysql", port: server.port, operation: "syncPair" });
  expect(result).toBe("done");
  return recorded;
}

async function converse(recorded: readonly Buffer[], made: Change | undefined, deadlineMs: number): Promise<string> {
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
  const recorded = await record();
  expect(await converse(recorded, undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(recorded, made, 150));
});
