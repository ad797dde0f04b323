import { expect, onTestFinished, test } from "vitest";
import { sqlserverEngine } from "../../../shared/engines/sqlserver/sqlserver-engine.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { DatabaseTarget } from "../../../shared/ports/database-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { changed, type Change, eachChange } from "../../support/mutated-conversation.ts";
import { endless } from "../../support/rogue-http.ts";
import {
  answer,
  columns,
  done,
  environment,
  failed,
  loggedIn,
  packet,
  preloginAnswer,
  row,
} from "../../support/tds-answers.ts";
import { startTdsServer, type TdsAnswer } from "../../support/tds-server.ts";

const current = "canary-current-3f6a";
const session = {
  version: "16.0.1000.6",
  isContained: false,
  isReadOnly: false,
  mayAlterLogins: true,
  mayAlterUsers: true,
  seesDefinitions: true,
  controlsServer: true,
};
const rows = (value: unknown): Buffer => answer(JSON.stringify(value));
const honest = { login: loggedIn("orders"), facts: rows([session]), change: done() };
type Part = keyof typeof honest;

const ofMode = (port: number, mode: "disable" | "verify-full"): DatabaseTarget => ({
  engine: "sqlserver",
  host: "127.0.0.1",
  port,
  dbname: "orders",
  tls: { mode },
  options: new Map(),
});

/** A login and a change of the own password, as far as the server lets it come; and what the server heard of the password. */
async function stepOn(port: number, mode: "disable" | "verify-full" = "disable", deadlineMs = 5_000): Promise<string> {
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  const own = { username: "app", password: new SecretValue(current) };
  try {
    const login = await sqlserverEngine().login(ofMode(port, mode), own, call);
    if (!login.ok) return login.refusal;
    await using opened = login.session;
    await opened.setPassword({ username: "app", password: new SecretValue("canary-next-3f6a") }, call);
    return "done";
  } catch (error) {
    if (!(error instanceof RekeyError)) throw error;
    const leaks = /canary|own words/.test(JSON.stringify([error.context, error.hint, error.message]));
    return leaks ? "leaks" : error.code;
  }
}

async function lying(lies: Partial<Record<Part, TdsAnswer>>): Promise<string> {
  const { port, stop } = await startTdsServer(() => ({
    login: () => lies.login ?? honest.login,
    batch: (sql) => (sql.startsWith("SELECT") ? (lies.facts ?? honest.facts) : (lies.change ?? honest.change)),
  }));
  onTestFinished(stop);
  return stepOn(port);
}

test("a server that does not lie is rotated, so that what follows is the lies' doing", async () => {
  expect(await lying({})).toBe("done");
});

test.each([
  ["says that it has no TLS", preloginAnswer(2)],
  ["says that TLS is off", preloginAnswer(0)],
  ["says a word of its own on TLS", preloginAnswer(9)],
  ["says nothing of TLS", Buffer.from([0, 0, 6, 0, 6, 0xff, 16, 0, 16, 0, 0, 0])],
  ["has options without an end", Buffer.from([0, 0, 6, 0, 6])],
])("a server that %s is not shown the password, where the secret wants TLS", async (_what, preloginSays) => {
  const heard: string[] = [];
  const hears = (said: string): TdsAnswer => {
    heard.push(said);
    return honest.login;
  };
  const open = () => ({ login: () => hears("login"), batch: () => hears("batch") });
  const { port, stop } = await startTdsServer(open, { preloginSays });
  onTestFinished(stop);
  expect(await stepOn(port, "verify-full")).toMatch(/^(?:tls-refused|server-misbehaved)$/);
  expect(heard).toEqual([]);
});

test("a server that takes encrypted connections only is not shown the password without", async () => {
  const { port, stop } = await startTdsServer(() => ({ login: () => honest.login, batch: () => honest.change }), {
    preloginSays: preloginAnswer(3),
  });
  onTestFinished(stop);
  expect(await stepOn(port)).toBe("tls-refused");
});

test("a login that leads to another server is not followed", async () => {
  const routed = environment(20, "elsewhere.example.com");
  expect(await lying({ login: Buffer.concat([routed, honest.login]) })).toBe("server-misbehaved");
});

test("an answer without an end is cut off", async () => {
  const part = Buffer.alloc(30_000, 0xaa);
  const long = endless(packet(0x04, part, part.length + 8, false)) as unknown as TdsAnswer;
  expect(await lying({ login: long })).toBe("server-misbehaved");
  expect(await lying({ facts: long })).toBe("server-misbehaved");
});

test.each<readonly [string, Partial<Record<Part, TdsAnswer>>]>([
  ["packets of another kind", { login: (stream) => stream.write(packet(0x12, honest.login)) }],
  ["a packet shorter than its header", { login: (stream) => stream.write(packet(0x04, honest.login, 3)) }],
  [
    "a second answer",
    { login: (stream) => stream.write(Buffer.concat([packet(0x04, honest.login), packet(0x04, done())])) },
  ],
  ["words of HTTP", { login: (stream) => stream.write("HTTP/1.1 400 Bad Request\r\n\r\n") }],
  ["a token that nobody knows", { facts: Buffer.concat([Buffer.from([0x01]), done()]) }],
  ["a token longer than its message", { facts: Buffer.from([0xaa, 0xff, 0xff, 1, 2]) }],
  ["two columns", { facts: Buffer.concat([columns(2), done()]) }],
  ["a column of another type", { facts: Buffer.concat([columns(1, 0xe5), row("[]"), done()]) }],
  ["a second row", { facts: Buffer.concat([columns(), row("[]"), row("[]"), done()]) }],
  ["a row before its columns", { facts: Buffer.concat([row("[]"), done()]) }],
  ["an answer that is not done", { facts: Buffer.concat([columns(), row("[]")]) }],
  ["an answer that goes on", { facts: Buffer.concat([columns(), row("[]"), done(1)]) }],
  ["a text that is no JSON", { facts: answer("SELECT") }],
  ["JSON of another form", { facts: rows({ version: 1 }) }],
  ["no session", { facts: rows([]) }],
  ["a version that is none", { facts: rows([{ ...session, version: 7 }]) }],
  ["packets of no size", { login: Buffer.concat([environment(4, "7"), honest.login]) }],
])("%s: the server misbehaved, or is too old", async (_what, lies) => {
  expect(await lying(lies)).toMatch(/^(?:server-misbehaved|server-too-old)$/);
});

test("a refused statement ends in rekey's words, and a refusal that comes with a login is one", async () => {
  expect(await lying({ change: failed(99_999) })).toBe("database-failed");
  expect(await lying({ login: Buffer.concat([failed(18_456), honest.login]) })).toBe("bad-credential");
});

/** The server's side of a login, a look at the session and a change. */
const recorded = [
  packet(0x04, preloginAnswer(2)),
  packet(0x04, honest.login),
  packet(0x04, honest.facts),
  packet(0x04, honest.change),
];

test("a recorded conversation, however it is changed, ends as a login's result or as rekey's own error", async () => {
  const converse = async (made: Change | undefined, deadlineMs: number): Promise<string> => {
    const answers = changed(recorded, made);
    let asked = 0;
    const next = (): TdsAnswer => {
      const bytes = answers[asked++];
      return (stream) => (bytes === undefined ? stream.end() : stream.write(bytes));
    };
    const open = () => ({ login: next, batch: next });
    await using server = await startTdsServer(open, { rawPrelogin: next });
    return await stepOn(server.port, "disable", deadlineMs);
  };
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(made, 150));
});
