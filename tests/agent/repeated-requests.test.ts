import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type AgentStage, agentStage, agentTokenText } from "../support/agent-stage.ts";

let stage: AgentStage;
/** Requests that Node.js' server has parsed. */
let parsed = 0;
const countParsed = (): void => void parsed++;

beforeAll(async () => {
  diagnostics.subscribe("http.server.request.start", countParsed);
  stage = await agentStage({ maxConnections: 3 });
  for (const Name of ["one", "two"]) {
    await stage.secrets.createSecret({ Name, SecretString: `canary-ü-${Name}` });
    await stage.client.get(Name);
  }
});
afterAll(async () => {
  diagnostics.unsubscribe("http.server.request.start", countParsed);
  await stage[Symbol.asyncDispose]();
});

const requestOf = (secretId: string, token = agentTokenText, more = ""): string =>
  `GET /v1/${secretId} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: ${token}\r\n${more}\r\n`;

async function opened(port = stage.agent.port): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true }).setEncoding("utf8");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** What is answered to these bytes, and how many requests Node.js' server has parsed of them. */
async function exchange(socket: Socket, text: string): Promise<{ readonly answer: string; readonly parsed: number }> {
  const before = parsed;
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [string];
  return { answer, parsed: parsed - before };
}

/** A connection on which a request for this secret was sent three times: it is known from then on. */
async function practised(secretId: string): Promise<Socket> {
  const socket = await opened();
  for (let count = 0; count < 3; count++) await exchange(socket, requestOf(secretId));
  expect((await exchange(socket, requestOf(secretId))).parsed).toBe(0);
  return socket;
}

const undated = (answer: string): string => answer.replace(/^Date: .* GMT$/m, "Date: then");

test("what is sent again to the last byte is answered as the server does, and not parsed", async () => {
  const socket = await opened();
  const first = await exchange(socket, requestOf("one"));
  const second = await exchange(socket, requestOf("one"));
  const third = await exchange(socket, requestOf("one"));
  expect([first, second, third].map((each) => each.parsed)).toEqual([1, 1, 0]);
  expect(first.answer).toContain("canary-ü-one");
  expect(first.answer).toMatch(/^Date: \w{3}, .* GMT$/m);
  expect(undated(third.answer)).toBe(undated(first.answer));
});

test("a connection that has not shown the token has all of its requests parsed", async () => {
  await practised("one");
  expect((await exchange(await opened(), requestOf("one"))).parsed).toBe(1);
});

test.each([
  ["another token", requestOf("one", `${agentTokenText.slice(0, -1)}x`), "403 Forbidden"],
  ["a Host of somebody else's", requestOf("one").replace("localhost", "evil.test"), "403 Forbidden"],
  ["X-Forwarded-For", requestOf("one", agentTokenText, "X-Forwarded-For: 10.0.0.1\r\n"), "400 Bad Request"],
  ["another secret", requestOf("none"), "ResourceNotFoundException"],
])("%s is refused on a connection that has shown the token", async (_, text, refusal) => {
  const socket = await practised("one");
  for (let count = 0; count < 3; count++) {
    const { answer } = await exchange(socket, text);
    expect(answer).toContain(refusal);
    expect(answer).not.toContain("canary");
  }
});

test("a rotation is answered at once on every connection", async () => {
  const sockets = [await practised("two"), await practised("two")];
  await stage.secrets.putSecretValue({ SecretId: "two", SecretString: "rotated" });
  await stage.client.refresh("two");
  for (const socket of sockets) {
    const { answer, parsed: read } = await exchange(socket, requestOf("two"));
    expect([read, answer.includes("rotated")]).toEqual([0, true]);
  }
});

test("from a notice on, no connection is given the replaced version", async () => {
  await stage.secrets.createSecret({ Name: "told", SecretString: "canary-before" });
  const socket = await practised("told");
  const { ARN = "", VersionId = "" } = await stage.secrets.putSecretValue({ SecretId: "told", SecretString: "after" });
  const stop = stage.client.subscribe({
    start(sink) {
      void sink.notice({ secretArn: ARN, versionId: VersionId });
      return { stop: async () => undefined };
    },
  });
  const { answer, parsed: read } = await exchange(socket, requestOf("told"));
  expect([read > 0, answer.includes("after"), answer.includes("canary")]).toEqual([true, true, false]);
  await stop();
});

test.each([
  ["within the head of another one", "GET /ping HTTP/1.1\r\nHost: localhost\r\nX-Odd: "],
  [
    "as the body of another one",
    `POST /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${requestOf("one").length}\r\n\r\n`,
  ],
  ["after an empty line that ends nothing", "GET /ping HTTP/1.1\r\n"],
])("a known request is none %s", async (_, before) => {
  const socket = await practised("one");
  const count = parsed;
  let answered = "";
  socket.on("data", (text: string) => (answered += text));
  socket.write(before);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write(requestOf("one"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(parsed - count).toBeLessThanOrEqual(1);
  expect(answered).not.toContain("canary");
});

test.each([
  ["Connection: close", "Connection: close\r\n", "Connection: close"],
  ["an expectation", "Expect: 100-continue\r\n", "100 Continue"],
])("a request with %s is the server's each time", async (_, header, expected) => {
  await practised("one");
  for (let count = 0; count < 3; count++) {
    const socket = await opened();
    await exchange(socket, requestOf("one"));
    const { answer, parsed: read } = await exchange(socket, requestOf("one", agentTokenText, header));
    expect([read, answer.includes(expected)]).toEqual([1, true]);
    socket.destroy();
    await once(socket, "close");
  }
});

test("requests that come in one chunk are all answered", async () => {
  const socket = await practised("one");
  let answered = "";
  socket.on("data", (text: string) => (answered += text)).write(requestOf("one").repeat(3));
  await expect.poll(() => answered.split("canary-ü-one").length - 1).toBe(3);
  expect((await exchange(socket, requestOf("one"))).parsed).toBe(1);
});

test("an agent that stops closes the connections whose requests are known", async () => {
  await using other = await agentStage();
  await other.secrets.createSecret({ Name: "one", SecretString: "x" });
  const socket = await opened(other.agent.port);
  for (let count = 0; count < 3; count++) await exchange(socket, requestOf("one"));
  const closed = once(socket, "close");
  await other.agent.stop();
  await closed;
  expect(socket.destroyed).toBe(true);
});
