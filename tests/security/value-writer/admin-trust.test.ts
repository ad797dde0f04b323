import { connect, createServer, type Server } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AttackStage, startAttackStage } from "../../support/attack-stage.ts";

let stage: AttackStage;
let listener: Server;
/** What passed between the function and the real server, on a network that the attacker listens on. */
const overheard: Buffer[] = [];
let port = 0;

beforeAll(async () => {
  listener = createServer((client) => {
    const upstream = connect(stage.postgres.port, stage.postgres.host);
    client.on("data", (chunk) => overheard.push(chunk)).on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  port = address !== null && typeof address === "object" ? address.port : 0;
  stage = await startAttackStage(({ adminArn }) => ({ REKEY_ADMIN_TARGETS: `${adminArn}=127.0.0.1:${port}` }));
});
afterAll(async () => {
  await stage.stop();
  listener.close();
});

test("the rotated secret cannot take the TLS off the admin's login: its user name is not seen on the network", async () => {
  const password = await stage.createUser("tenant");
  const value = { ...stage.real, port, username: "tenant", password, masterarn: stage.adminArn, ssl: false };
  const secret = await stage.createSecret("tenant", value, { "rekey:strategy": "alternating-users" });
  expect(await stage.rotate(secret)).toBe("done");
  const seen = Buffer.concat(overheard).toString("latin1");
  expect([seen.includes("tenant"), seen.includes(`user\0${stage.postgres.superuser.username}\0`)]).toEqual([
    true,
    false,
  ]);
});

test("nor bring a certificate authority for it: a server of the attacker's is not believed to be the admin's", async () => {
  const password = await stage.createUser("tenant2");
  const { attacker, bothAuthorities } = stage;
  const value = {
    ...stage.real,
    port,
    username: "tenant2",
    password,
    masterarn: stage.adminArn,
    ssl: true,
    sslrootcert: bothAuthorities,
  };
  // The attacker answers in place of the real server from now on.
  listener.removeAllListeners("connection").on("connection", (client) => {
    const upstream = connect(attacker.port, attacker.host);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  const secret = await stage.createSecret("tenant-2", value, { "rekey:strategy": "alternating-users" });
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: tls-refused/u);
  expect(attacker.collected.filter((collected) => stage.canaries.includes(collected))).toEqual([]);
});
