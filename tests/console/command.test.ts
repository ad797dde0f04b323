import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleStage, startConsoleStage } from "./console-stage.ts";

let stage: ConsoleStage;
beforeAll(async () => {
  stage = await startConsoleStage();
});
afterAll(async () => stage.stop());

test("the console prints its address alone on stdout, and another on Enter", async () => {
  const first = await stage.newAddress();
  const second = await stage.newAddress();
  for (const address of [first, second]) expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
  expect(second).not.toBe(first);
  expect(stage.printed.out).toBe(`${first}\n${second}\n`);
  expect(stage.printed.err).toBe(
    "open it within ten minutes; it opens once. Enter gives another, Ctrl-C ends the console\n",
  );
});

test("a port that is taken, or is none, is told", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { readonly port: number };
  const taken = await stage.rekey("console", "--port", String(port));
  await new Promise((done) => server.close(done));
  expect(taken).toMatchObject({ code: 1, out: "" });
  expect(taken.err).toContain("option-invalid");
  expect(taken.err).toContain("use a port that is free, or none");
  expect(await stage.rekey("console", "--port", "70000")).toMatchObject({ code: 1, out: "" });
});

test("without a region it does not start", async () => {
  const started = await stage.rekeyWith({ AWS_REGION: "" }, "console");
  expect(started).toMatchObject({ code: 1, out: "" });
  expect(started.err).toContain("say --region, or a --profile that has one");
});

test("Ctrl-C ends it, with whatever is open", async () => {
  const headers = await stage.signIn();
  const stream = stage.send("/api/fleet/live", { headers }).catch(String);
  await expect.poll(async () => (await stage.send("/api/place", { headers })).status).toBe(200);
  expect(await stage.stopConsole()).toBe(0);
  expect(await stream).toContain("aborted");
});
