import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ConsoleStage, startConsoleStage } from "../../console/console-stage.ts";
import { valueReads } from "../../support/value-reads.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: ConsoleStage;
let cookieOnly: Readonly<Record<string, string>>;
let signed: Readonly<Record<string, string>>;
let contacts = 0;
const server = createServer((socket) => {
  contacts++;
  socket.destroy();
});

beforeAll(async () => {
  stage = await startConsoleStage();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const value = { engine: "postgres", host: "127.0.0.1", port, ssl: "disable", username: "u", password: "canary" };
  await stage.secrets.createSecret({ Name: "db/elsewhere", SecretString: JSON.stringify(value) });
  const SecretString = JSON.stringify({ ...value, password: "next-canary" });
  await stage.secrets.putSecretValue({ SecretId: "db/elsewhere", SecretString });
  signed = await stage.signIn();
  cookieOnly = { Cookie: signed["Cookie"] ?? "" };
});
afterAll(async () => {
  server.close();
  await stage.stop();
});

const readValues = (): number =>
  valueReads(stage.stack).filter(({ resources }) => resources.some((arn) => arn.includes(":db/elsewhere-"))).length;

test.each([
  ["logs in to a host of a secret's choosing with the doctor", "findings"],
  ["logs in to a host of a secret's choosing with a rollback's plan", "rollback-plan"],
  ["has a secret's value read for a rotation's plan", "rotation-plan"],
])("a page with nothing but the console's cookie %s: refused", async (_what, operation) => {
  const path = `/api/secrets/db%2Felsewhere/${operation}`;
  const before = readValues();
  const answer = await stage.send(path, { headers: cookieOnly });
  expect([answer.status, contacts, readValues() - before]).toEqual([404, 0, 0]);
  const { "X-Rekey-Key": _key, ...withoutKey } = signed;
  const refusals: readonly [Readonly<Record<string, string>>, number][] = [
    [withoutKey, 401],
    [{ ...signed, "X-Rekey-Key": "x" }, 401],
    [{ ...signed, Origin: "http://127.0.0.1:1" }, 403],
    [{ ...signed, "Content-Type": "text/plain" }, 415],
    [{ ...signed, Host: "rebound.example" }, 421],
  ];
  for (const [headers, status] of refusals) {
    expect(await stage.send(path, { method: "POST", headers, body: "{}" })).toMatchObject({ status });
  }
  expect([contacts, readValues() - before]).toEqual([0, 0]);
});
