import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { RedisLogin } from "./redis-login.ts";
import { assertRotatable } from "./supported-client.ts";

const credentialsProvider: RedisLogin["credentialsProvider"] = {
  type: "async-credentials-provider",
  credentials: async () => ({ username: "u", password: "p" }),
};
const login = { credentialsProvider } as RedisLogin;
const nothing = (): void => undefined;
const rotatable = (more: object = {}): object => ({
  isReady: false,
  isOpen: false,
  connect: nothing,
  sendCommand: nothing,
  on: nothing,
  close: nothing,
  destroy: nothing,
  options: { credentialsProvider },
  ...more,
});
const refusalOf = (client: unknown): unknown => {
  try {
    return assertRotatable(client, login);
  } catch (error) {
    return error;
  }
};

test("a client that logs in as its options say is taken", () => expect(refusalOf(rotatable())).toBeUndefined());

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a text", "canary"],
])("%s is refused", (_, client) => {
  expect(refusalOf(client)).toMatchObject({
    code: "option-invalid",
    context: { option: "createClient", problem: "returns no client" },
  });
});

test.each([
  ["with a login of its own", { credentialsProvider: { ...credentialsProvider } }],
  ["without options", undefined],
])("a client %s is refused, with the way to make one", (_, options) => {
  expect(refusalOf(rotatable({ options }))).toMatchObject({
    code: "option-invalid",
    context: { option: "createClient", problem: "does not log in by credentialsProvider" },
    hint: expect.stringContaining("createClient({ ...login })"),
  });
});

test("a promise is refused, and the client that it gives is disconnected", async () => {
  const disconnect = vi.fn<() => void>();
  expect(refusalOf(Promise.resolve({ disconnect }))).toMatchObject({
    context: { problem: "returns a promise" },
    hint: "return the client before it connects",
  });
  expect(refusalOf(Promise.reject(new Error("canary")))).toMatchObject({ context: { problem: "returns a promise" } });
  await turn();
  expect(disconnect).toHaveBeenCalledTimes(1);
});

test("a client that is connected is refused, and disconnected", async () => {
  const disconnect = vi.fn<() => Promise<void>>(async () => Promise.reject(new Error("canary")));
  const connected = rotatable({ isOpen: true, disconnect });
  expect(refusalOf(connected)).toMatchObject({
    context: { problem: "returns a client that is connected" },
    hint: "return a new client at each call, and leave it to connect",
  });
  await turn();
  expect([disconnect.mock.calls.length, disconnect.mock.contexts[0]]).toEqual([1, connected]);
});

test.each([
  ...["connect", "sendCommand", "on", "close", "destroy"].map((name) => [name, { [name]: undefined }] as const),
  ["isReady", { isReady: undefined }] as const,
])("a driver whose client has no %s is not supported", (_, more) => {
  const disconnect = vi.fn<() => void>();
  const idle = vi.fn<() => void>();
  expect(refusalOf(rotatable({ isOpen: undefined, ...more, disconnect }))).toMatchObject({
    code: "driver-unsupported",
    context: { driver: "redis", found: "another client", supported: "redis or @redis/client, 5.0.0 to 6.x" },
    hint: "npm install redis@6, and give what its createClient makes",
  });
  expect(refusalOf(rotatable({ ...more, disconnect: idle, executeIsolated: nothing }))).toMatchObject({
    context: { found: "redis 4" },
  });
  expect([disconnect.mock.calls.length, idle.mock.calls.length]).toEqual([1, 0]);
});
