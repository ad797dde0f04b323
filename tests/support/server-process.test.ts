import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { takesConnections } from "./listening.ts";
import { type ServerPlan, startServer } from "./server-process.ts";

/** Listens on the port that it is given. */
const listener = 'require("node:net").createServer().listen(Number(process.argv[1]), "127.0.0.1");';
const plan = (script: string): ServerPlan => ({
  name: "script",
  binary: process.execPath,
  prepare: (port) => ["-e", script, String(port)],
  isReady: takesConnections,
});

test("a server can be ended and started again on its port, and leaves no folder and no listener when it is stopped", async () => {
  const server = await startServer(plan(listener));
  const { port, home } = server;
  await server.end();
  expect([await takesConnections(port), existsSync(home)]).toEqual([false, true]);
  await server.start();
  expect([server.port, await takesConnections(port)]).toEqual([port, true]);
  await server.stop();
  expect([await takesConnections(port), existsSync(home)]).toEqual([false, false]);
});

test("a server that does not find its port free is started on another one", async () => {
  const tried: number[] = [];
  const server = await startServer({
    ...plan(listener),
    prepare(port) {
      tried.push(port);
      return ["-e", tried.length === 1 ? "process.exit(1)" : listener, String(port)];
    },
  });
  await server.stop();
  expect(tried).toEqual([expect.any(Number), server.port]);
});

test("a server that never starts is an error with what it printed, and leaves no folder", async () => {
  let folder = "";
  const failing = startServer({
    ...plan("console.error('no such setting'); process.exit(1);"),
    input: (home) => {
      folder = home;
      return "";
    },
  });
  await expect(failing).rejects.toThrow("script did not start:\nno such setting");
  expect(existsSync(folder)).toBe(false);
});
