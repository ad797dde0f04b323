import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GuardedClient } from "./guarded-client.ts";

/** A socket without a server. */
class FakeSocket extends EventEmitter {
  readonly destroy = vi.fn<(error?: Error) => void>();
  write(): boolean {
    return true;
  }
  end(): void {
    // The server closes, or does not.
  }
}
/** A message of the server, by default with the length that it has. */
const message = (type: string, body: string, length = 4 + body.length): Buffer => {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`, "latin1");
  bytes.writeUInt32BE(length, 1);
  return bytes;
};
const terminated = "SERROR\0C28P01\0Mcanary\0\0";
const status = message("S", "name\0value\0");

let socket: FakeSocket;
let client: GuardedClient;
beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
  client = new GuardedClient({ stream: () => socket as never });
  client.on("error", () => undefined);
  (client.connection as unknown as { attachListeners(stream: unknown): void }).attachListeners(socket);
});
afterEach(() => vi.useRealTimers());

/** What the client says of these chunks, if anything. */
const problemOf = (...chunks: readonly Buffer[]): unknown => {
  for (const chunk of chunks) socket.emit("data", chunk);
  return socket.destroy.mock.calls[0]?.[0]?.message;
};
const inBytes = (...messages: readonly Buffer[]): Buffer[] =>
  [...Buffer.concat(messages)].map((byte) => Buffer.from([byte]));

describe("what the server sends", () => {
  test.each([
    ["messages one after the other", [Buffer.concat([status, message("N", terminated), status])]],
    ["messages byte by byte", inBytes(status, message("N", terminated), status)],
    ["a list without fields", [message("E", "\0"), status]],
    ["a message without a body", [message("n", ""), status]],
    [
      "a list that ends with two zero bytes in two chunks",
      [message("N", terminated).subarray(0, -1), Buffer.from([0])],
    ],
  ])("is read: %s", (_, chunks) => {
    expect(problemOf(...chunks)).toBeUndefined();
  });

  test.each([
    ["a message shorter than its header", [message("S", "", 3)], "shorter than its header"],
    ["such a message byte by byte", inBytes(status, message("S", "", 0)), "shorter than its header"],
    ["an error without an end", [message("E", "SERROR\0Mcanary")], "a list without an end"],
    ["a notice that ends with one zero byte", [message("N", "SERROR\0Mcanary\0")], "a list without an end"],
    ["such a notice byte by byte", inBytes(status, message("N", "SERROR\0Mcanary\0")), "a list without an end"],
    ["an error without fields", [message("E", "")], "a list without an end"],
    ["one behind others", [Buffer.concat([status, status, message("E", "canary")])], "a list without an end"],
  ])("fails the connection where it is %s", (_, chunks, problem) => {
    expect(problemOf(...chunks)).toContain(problem);
  });
});

test("what is in order reaches the driver", () => {
  const read = vi.fn<(status: object) => void>();
  client.connection.on("parameterStatus", read);
  expect(problemOf(status, status)).toBeUndefined();
  expect(read).toHaveBeenCalledTimes(2);
});

describe("the end of a connection", () => {
  test("is told to a callback, or by a promise where there is none", async () => {
    const told = vi.fn<() => void>();
    expect(client.end(told)).toBeUndefined();
    client.connection.emit("end");
    expect(told).toHaveBeenCalledTimes(1);
    const ended = client.end();
    expect(ended).toBeInstanceOf(Promise);
    client.connection.emit("end");
    await expect(ended).resolves.toBeUndefined();
  });

  test("is cut when the server has not closed it after a second", async () => {
    void client.end();
    await vi.advanceTimersByTimeAsync(999);
    expect(socket.destroy).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.destroy).toHaveBeenCalledTimes(1);
  });

  test("leaves no timer once the server has closed it", () => {
    client.end(() => undefined);
    client.emit("end");
    expect(vi.getTimerCount()).toBe(0);
  });
});
