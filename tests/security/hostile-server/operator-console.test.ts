import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ConsoleStage, startConsoleStage } from "../../console/console-stage.ts";
import { type EndlessPostgres, startEndlessPostgres } from "../../support/endless-postgres.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: ConsoleStage;
let rogue: EndlessPostgres;
let signed: Readonly<Record<string, string>>;

beforeAll(async () => {
  stage = await startConsoleStage();
  rogue = await startEndlessPostgres();
  const SecretString = JSON.stringify({ ...rogue.place, username: "u", password: "canary" });
  await stage.secrets.createSecret({ Name: "db/rogue", SecretString });
  signed = await stage.signIn();
});
afterAll(async () => {
  await rogue.stop();
  await stage.stop();
});

test("a server whose message has no end stops the whole console while one of its secrets is examined: refused", async () => {
  // The method is the console's own affair: what matters is that an examination contacts the server.
  const path = "/api/secrets/db%2Frogue/findings";
  const examined = Promise.allSettled([
    stage.send(path, { headers: signed }),
    stage.send(path, { method: "POST", headers: signed, body: "{}" }),
  ]);
  await expect.poll(rogue.sent, { timeout: 60_000 }).toBeGreaterThan(0);
  const place = stage.send("/api/place", { headers: signed }).then(({ status }) => status);
  expect(await Promise.race([place, setTimeout(45_000, "no answer", { ref: false })])).toBe(200);
  const code = stage.stopConsole();
  const ended = await Promise.race([code, setTimeout(45_000, "it never ended", { ref: false })]);
  if (typeof ended === "string") stage.killConsole();
  await examined;
  expect(ended).toBe(0);
  await expect.poll(rogue.open, { timeout: 60_000 }).toBe(0);
});
