import { getMaxListeners, once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { listening } from "../../../../tests/support/listening.ts";
import { ConnectionCutter } from "./connection-cutter.ts";

test("each socket that has the signal is cut, one after the other, with the reason", async () => {
  await using server = await listening(createServer((socket) => socket.on("error", () => undefined)));
  const cutter = new ConnectionCutter();
  for (const reason of [new Error("first"), new Error("second")]) {
    // Node's types do not know of the signal, and its documentation does.
    const options: object = { host: "127.0.0.1", port: server.port, signal: cutter.signal };
    const socket: Socket = connect(options as { port: number });
    await once(socket, "connect");
    const failed = once(socket, "error");
    cutter.cut(reason);
    expect(await failed).toMatchObject([{ name: "AbortError", cause: reason }]);
    expect(socket.destroyed).toBe(true);
  }
});

test("any number of sockets may have the signal at once", () => {
  expect(getMaxListeners(new ConnectionCutter().signal)).toBe(0);
});
