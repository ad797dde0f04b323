import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { throughLoopback } from "./through-loopback.ts";

test("within the work, and only there, a name that nobody knows leads to loopback", async () => {
  const server = createServer((socket) => socket.end("here")).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const reach = async (): Promise<string> => {
    const socket = connect({ port, host: "db.example.invalid" });
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString();
  };
  const [led, direct] = await Promise.allSettled([throughLoopback(reach), reach()]);
  expect(led).toEqual({ status: "fulfilled", value: "here" });
  expect(direct.status).toBe("rejected");
});
