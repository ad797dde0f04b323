import { expect, test } from "vitest";
import { visitServer } from "../../support/engine-visit.ts";
import { type Change, changed, eachChange } from "../../support/mutated-conversation.ts";
import {
  accountRow,
  authentication,
  done,
  loggedIn,
  message,
  oneRow,
  ready,
  roguePostgres,
} from "../../support/rogue-postgres.ts";

/** An honest server's side of a login and a change of alternating users, one entry for each message of the client. */
const recorded = [
  authentication(5, "salt"),
  Buffer.concat([loggedIn, message("S", "server_version\x0018\0"), message("K", "\0\0\0\x01\0\0\0\x02"), ready]),
  Buffer.concat([
    message("C", "BEGIN\0"),
    message("N", "SNOTICE\0C00000\0Mhello\0\0"),
    oneRow(["lock", "text", ""]),
    done,
    ready,
  ]),
  Buffer.concat([accountRow(), done, ready]),
  Buffer.concat([
    oneRow(
      ["isMember", "bool", "f"],
      ["membership", "text", null],
      ["isCircular", "bool", null],
      ["ownership", "text", null],
      ["label", "text", null],
    ),
    done,
    ready,
  ]),
  Buffer.concat([
    oneRow(
      ["role", "text", "app"],
      ["database", "text", null],
      ["setting", "text", "search_path=a, b"],
      ["isReserved", "bool", "f"],
      ["isTaken", "bool", null],
    ),
    done,
    ready,
  ]),
  Buffer.concat([message("C", "GRANT ROLE\0"), ready]),
  Buffer.concat([message("C", "ALTER ROLE\0"), ready]),
  Buffer.concat([message("C", "COMMIT\0"), ready]),
];

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  await using server = await roguePostgres(async ({ socket, next, send }) => {
    for (const bytes of changed(recorded, made)) {
      send(bytes);
      await next();
    }
    socket.end();
  });
  const { result } = await visitServer({ engine: "postgres", port: server.port, operation: "syncPair", deadlineMs });
  return result;
}

test("a recorded conversation with PostgreSQL, however it is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(made, 150));
});
