import { expect, test } from "vitest";
import {
  accountRow,
  authentication,
  letIn,
  loggedIn,
  message,
  oneRow,
  ready,
  roguePostgres,
  scramChallenge,
  scramOffer,
} from "../../support/rogue-postgres.ts";
import type { Visit } from "../../support/visit.ts";
import { visitInChild } from "../../support/visit-in-child.ts";

const misbehaved = { result: "server-misbehaved" };

async function repeated(socket: Visit["socket"], bytes: Buffer): Promise<void> {
  const many = Buffer.alloc(bytes.length * Math.ceil(65_536 / bytes.length), bytes);
  while (!socket.destroyed) {
    if (!socket.write(many)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
  }
}

const list = message("E", "SFATAL\0C28P01\0Mno\0\0");

test.each([
  ["a length of 0", message("S", "", 0)],
  ["a length of 3", message("S", "", 3)],
  ["a length of -1, which is 4 GB", message("S", "", -1)],
  ["an error whose list of fields has no end", message("E", list.subarray(5, -1))],
  ["a notice whose list of fields has no end", message("N", "SNOTICE\0")],
  ["an error of one byte", message("E", "S")],
])("a server that answers the login with %s does not stop the process", async (_what, bytes) => {
  await using server = await roguePostgres(({ send }) => send(bytes));
  const [login] = await visitInChild({ engine: "postgres", port: server.port });
  expect(login).toMatchObject(misbehaved);
});

test("a server that answers a statement with a length below its header's does not stop the process", async () => {
  await using server = await roguePostgres(letIn((sql) => (sql.startsWith("BEGIN") ? message("T", "", 2) : undefined)));
  const [change] = await visitInChild({ engine: "postgres", port: server.port, operation: "setPassword" });
  expect(change).toMatchObject(misbehaved);
});

test.each([
  ["reports of settings", [loggedIn], message("S", "a\0b\0")],
  ["notices before the login", [], message("N", "SNOTICE\0\0")],
  ["notifications", [loggedIn, ready], message("A", "\0\0\0\x01a\0b\0")],
  ["requests for a password", [], authentication(5, "salt")],
])("a server that sends %s without an end is cut off", async (_what, first, bytes) => {
  await using server = await roguePostgres(async ({ socket, send }) => {
    send(...first);
    await repeated(socket, bytes);
  });
  const [inspection] = await visitInChild({ engine: "postgres", port: server.port, operation: "inspect" });
  expect(inspection).toMatchObject(misbehaved);
});

test("a server that answers a statement with rows without an end is cut off", async () => {
  await using server = await roguePostgres(async ({ socket, send, next }) => {
    send(loggedIn, ready);
    await next();
    const answer = oneRow(["version", "text", "x".repeat(1_000)]);
    const row = answer.subarray(answer.indexOf("D"));
    send(answer);
    await repeated(socket, row);
  });
  const [inspection] = await visitInChild({ engine: "postgres", port: server.port, operation: "inspect" });
  expect(inspection).toMatchObject(misbehaved);
});

test.each([
  ["a row of 1 GB", message("D", "", 1 << 30)],
  ["a description of columns of 1 GB", message("T", "", 1 << 30)],
  ["a list of login methods of 1 GB", message("R", "\0\0\0\x0a", 1 << 30)],
])("a server that announces %s is cut off before it sends it", async (_what, bytes) => {
  await using server = await roguePostgres(({ send }) => send(bytes));
  const [login] = await visitInChild({ engine: "postgres", port: server.port });
  expect(login).toMatchObject({ ...misbehaved, context: { problem: "message too long" } });
});

test("a server that asks for fifty million rounds of SCRAM at the login gets none", async () => {
  await using server = await roguePostgres(async ({ send, next }) => {
    send(scramOffer);
    send(scramChallenge(await next(), 50_000_000));
  });
  const [login] = await visitInChild({ engine: "postgres", port: server.port });
  expect(login).toMatchObject(misbehaved);
});

test("a server that asks for SCRAM's rounds a thousand times over computes them nowhere", async () => {
  await using server = await roguePostgres(async ({ send, next }) => {
    send(scramOffer);
    const challenge = scramChallenge(await next(), 900_000);
    send(...Array.from({ length: 1_000 }, () => challenge));
  });
  const [login] = await visitInChild({ engine: "postgres", port: server.port });
  expect(login).toMatchObject({ ...misbehaved, context: { problem: "authenticationSASLContinue out of order" } });
});

test.each([["2000000000"], ["Infinity"], ["many"], ["-5000000000"]])(
  "a server whose scram_iterations are %s makes rekey compute no verifier past its deadline",
  async (iterations) => {
    const terms = accountRow({ iterations });
    await using server = await roguePostgres(letIn((sql) => (sql.includes("scram_iterations") ? terms : undefined)));
    const [change] = await visitInChild({ engine: "postgres", port: server.port, operation: "setPassword" });
    expect(change).toMatchObject({ ...misbehaved, context: { problem: expect.stringContaining("scram_iterations") } });
    expect(server.received()).not.toContain("ALTER ROLE");
  },
);

test("a time budget that ends at any turn of a change ends the change, never the process", async () => {
  const terms = accountRow();
  await using server = await roguePostgres(letIn((sql) => (sql.includes("scram_iterations") ? terms : undefined)));
  const change = { engine: "postgres", port: server.port, operation: "setPassword" } as const;
  const ended = Array.from({ length: 300 }, (_, turns) => ({ ...change, turns }));
  const outcomes = (await visitInChild(...ended, change)).map(({ result }) => result);
  expect(outcomes).toHaveLength(301);
  expect(outcomes.at(0)).toBe("time-budget-spent");
  expect(outcomes.at(-1)).toBe("done");
  // A busy machine takes more turns to the end than an idle one: what a turn in between comes to is either.
  expect(["time-budget-spent", "done"]).toEqual(expect.arrayContaining(outcomes));
});
