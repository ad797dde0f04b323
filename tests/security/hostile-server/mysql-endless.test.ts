import { expect, test } from "vitest";
import {
  described,
  end,
  greeting,
  letIn,
  moreData,
  ok,
  packet,
  rogueMysql,
  rows,
  switchTo,
} from "../../support/rogue-mysql.ts";
import type { Visit } from "../../support/visit.ts";
import { visitInChild } from "../../support/visit-in-child.ts";

const misbehaved = { result: "server-misbehaved" };

/** Nine bytes that say: eight million million bytes follow. */
const vast = Buffer.from([254, 0, 0, 0, 0, 0, 0, 8, 0]);

/** Sends packets of rising numbers without an end. */
async function repeated({ socket }: Visit, first: number, one: (number: number) => Buffer): Promise<void> {
  const round = Buffer.concat(Array.from({ length: 256 }, (_, index) => one((first + index) & 255)));
  while (!socket.destroyed) {
    if (!socket.write(round)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
  }
}

test.each([
  ["a number of eight million million digits", rows([["account", "int", vast]])],
  [
    "a report on its session of eight million million bytes",
    packet(1, Buffer.concat([Buffer.from([0, 0, 0, 0, 64, 0, 0, 0]), vast, Buffer.from([9, 251])])),
  ],
  [
    "columns without the packet that ends them",
    Buffer.concat([packet(1, [1]), described(2, ["a", "text", null]), ok(3)]),
  ],
  ["a packet of 16 MB", packet(1, "", 0xfffffe)],
])("a server that answers a statement with %s does not stop the process", async (_what, answer) => {
  await using server = await rogueMysql(letIn((sql) => (sql.startsWith("SELECT CURRENT_USER") ? answer : undefined)));
  const [login] = await visitInChild({ engine: "mysql", port: server.port, deadlineMs: 8_000 });
  expect(login).toMatchObject(misbehaved);
});

test.each([
  ["rows", [packet(1, [1]), described(2, ["a", "text", null]), end(3)], (number: number) => packet(number, "\x01x")],
  ["columns", [packet(1, [252, 255, 255])], (number: number) => described(number, ["a", "text", null])],
  ["results", [], (number: number) => packet(number, [0, 0, 0, 8, 0, 0, 0])],
])("a server that answers a statement with %s without an end is cut off", async (_what, first, one) => {
  await using server = await rogueMysql(async (visit) => {
    visit.send(greeting());
    await visit.next();
    visit.send(ok(2));
    await visit.next();
    visit.send(...first);
    await repeated(visit, first.length + 1, one);
  });
  const [login] = await visitInChild({ engine: "mysql", port: server.port });
  expect(login).toMatchObject(misbehaved);
});

test.each([
  ["ed25519's signatures", (number: number) => switchTo(number, "client_ed25519")],
  ["the native way", (number: number) => switchTo(number, "mysql_native_password")],
  ["more of it", (number: number) => moreData(number, "x")],
])("a server that asks for %s without an end is cut off", async (_what, one) => {
  await using server = await rogueMysql(async (visit) => {
    visit.send(greeting());
    await visit.next();
    visit.send(switchTo(2, "client_ed25519"));
    // Every answer of the client takes a number, as do those of this server.
    for (let number = 4; !visit.socket.destroyed; number += 2) {
      await Promise.race([visit.next(), new Promise((resolve) => visit.socket.once("close", resolve))]);
      visit.send(one(number & 255));
    }
  });
  const [login] = await visitInChild({ engine: "mysql", port: server.port, deadlineMs: 5_000 });
  expect(login).toMatchObject({ ...misbehaved, context: { problem: "login without an end" } });
});

test.each([["Infinity"], ["1000000000000000"], ["many"], ["0"]])(
  "a server whose caching_sha2_password_digest_rounds are %s makes rekey compute no hash past its deadline",
  async (rounds) => {
    await using server = await rogueMysql(
      letIn((sql) => {
        if (sql.startsWith("SHOW CREATE USER")) {
          return rows([["user", "text", "CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS ''"]]);
        }
        if (sql === "SHOW GRANTS") return rows([["grants", "text", "GRANT CREATE USER ON *.* TO `app`@`%`"]]);
        if (!sql.startsWith("SHOW GLOBAL")) return undefined;
        return rows([
          ["Variable_name", "text", "caching_sha2_password_digest_rounds"],
          ["Value", "text", rounds],
        ]);
      }),
    );
    const [change] = await visitInChild({ engine: "mysql", port: server.port, operation: "setPassword" });
    expect(change).toMatchObject(misbehaved);
    expect(server.received()).not.toContain("ALTER USER");
  },
);
