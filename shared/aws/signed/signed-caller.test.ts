import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answeringHttp, type LoopbackServer } from "../../../tests/support/listening.ts";
import type { Credentials } from "./credentials.ts";
import { signedCaller } from "./signed-caller.ts";

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const good: Reply = { status: 200, body: '{"ok":true}' };
const failing = (status: number, type: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body: JSON.stringify({ __type: type, message: "told" }),
  headers,
});

let replies: (Reply | "cut" | "silence")[];
let dates: string[];
let forgotten: number;
let server: LoopbackServer;

beforeEach(async () => {
  [replies, dates, forgotten] = [[], [], 0];
  server = await answeringHttp((request, response) => {
    dates.push(String(request.headers["x-amz-date"]));
    const reply = replies.shift() ?? good;
    request.resume().on("end", () => {
      if (reply === "cut") return void request.socket.destroy();
      if (reply !== "silence") response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
});
afterEach(async () => server.stop());

const credentials: Credentials = {
  keys: async () => ({ accessKeyId: "AKIATEST", secretAccessKey: "s" }),
  forget: () => void forgotten++,
};
const caller = (settings: { readonly maxAttempts?: number; readonly requestTimeoutMs?: number } = {}) =>
  signedCaller({
    service: "secretsmanager",
    target: "secretsmanager",
    endpoint: { url: new URL(`http://127.0.0.1:${server.port}`), region: "us-east-1" },
    credentials,
    maxAttempts: 3,
    requestTimeoutMs: 60_000,
    ...settings,
  });
const call = async (settings = {}, signal = AbortSignal.timeout(60_000)): Promise<unknown> =>
  caller(settings)("GetSecretValue", { SecretId: "a" }, signal);

test.each([
  ["a throttle", failing(400, "ThrottlingException")],
  ["a failure inside", failing(500, "InternalServiceError")],
  ["a server that is away", failing(503, "")],
  ["a connection that is cut", "cut"],
  ["a proxy's page in place of an answer", { status: 200, body: "<html>" }],
] as const)("%s is repeated", async (_what, reply) => {
  replies = [reply, reply];
  expect(await call()).toEqual({ ok: true });
  expect(dates).toHaveLength(3);
});

test("the last failure is told, with name, status and words", async () => {
  replies = Array.from({ length: 5 }, () => failing(400, "com.amazonaws#ThrottlingException:http://x"));
  await expect(call()).rejects.toMatchObject({
    name: "ThrottlingException",
    message: "told",
    $metadata: { httpStatusCode: 400 },
  });
  expect(dates).toHaveLength(3);
});

test.each(["ResourceNotFoundException", "AccessDeniedException", "InvalidSignatureException"])(
  "%s is told at once",
  async (type) => {
    replies = [failing(400, type)];
    await expect(call()).rejects.toMatchObject({ name: type });
    expect(dates).toHaveLength(1);
  },
);

test("a clock that is off is set by the service's, and stays set", async () => {
  const theirs = new Date(Date.now() + 3_600_000);
  replies = [failing(400, "InvalidSignatureException", { date: theirs.toUTCString() })];
  const send = caller();
  await send("GetSecretValue", {}, AbortSignal.timeout(60_000));
  await send("GetSecretValue", {}, AbortSignal.timeout(60_000));
  const hour = theirs.toISOString().slice(0, 13).replaceAll("-", "");
  expect(dates.map((date) => date.slice(0, 11))).toEqual([expect.not.stringContaining(hour), hour, hour]);
});

test("keys that have expired are read again", async () => {
  replies = [failing(400, "ExpiredTokenException")];
  expect(await call()).toEqual({ ok: true });
  expect(forgotten).toBe(1);
});

test("a caller who gives up waits for no further attempt", async () => {
  replies = [failing(503, "", { "retry-after": "15" })];
  const given = new AbortController();
  const outcome = call({}, given.signal).catch((error: unknown) => error);
  await expect.poll(() => dates.length).toBe(1);
  given.abort();
  expect(await outcome).toMatchObject({ name: "AbortError" });
  expect(dates).toHaveLength(1);
});

test("an attempt without an answer ends in its time, and the next one is made", async () => {
  replies = ["silence"];
  expect(await call({ requestTimeoutMs: 100 })).toEqual({ ok: true });
});

test("an answer without an end is cut off", async () => {
  await using endless = await answeringHttp((_request, response) => {
    const part = "x".repeat(1_000_000);
    const more = (): void => void (response.destroyed || (response.write(part), void wait(1).then(more)));
    more();
  });
  const send = signedCaller({
    service: "secretsmanager",
    target: "secretsmanager",
    endpoint: { url: new URL(`http://127.0.0.1:${endless.port}`), region: "us-east-1" },
    credentials,
    maxAttempts: 1,
    requestTimeoutMs: 60_000,
  });
  await expect(send("GetSecretValue", {}, AbortSignal.timeout(60_000))).rejects.toMatchObject({ code: "EMSGSIZE" });
});
