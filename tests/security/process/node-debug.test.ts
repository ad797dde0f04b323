import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { movableClock } from "../../../local/clock.ts";
import { type LocalVault, startVault } from "../../../local/vault/server.ts";
import { chatCredential, startChatServer } from "../../support/chat-servers.ts";
import { hostileStep } from "../../support/hostile-process.ts";
import { type KeyServer, startKeyServer } from "../../support/key-server.ts";
import { asDomainController } from "../../support/rogue-domain-controller.ts";
import { startRogueKafka } from "../../support/rogue-kafka.ts";
import { startRogueLdap } from "../../support/rogue-ldap.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";

const leakChild = fileURLToPath(new URL("../../support/vault-leak-child.ts", import.meta.url));
const secrets = { token: "canary-token-77b0", secretId: "canary-secret-id-77b0", password: "canary-password-77b0" };
const everything = { NODE_DEBUG: "http,https,net,tls,stream,timer,worker,fs,module,ldapts" };

let vault: LocalVault;
let api: KeyServer;
beforeAll(async () => {
  vault = await startVault({ clock: movableClock(), rootToken: secrets.token });
  api = await startKeyServer({ key, certificate });
});
afterAll(async () => Promise.all([vault.stop(), api.stop()]));

test("NODE_DEBUG of a process that writes to Vault prints neither X-Vault-Token nor the value", async () => {
  const printed = await new Promise<string>((resolve) => {
    const job = JSON.stringify({ ...secrets, login: "token", through: "rekey", address: vault.address });
    const env = { PATH: process.env["PATH"] ?? "", ...everything };
    execFile(process.execPath, [leakChild, job], { env, maxBuffer: 1e9 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  expect(printed).toContain("written");
  expect(printed).toContain("NET ");
  expect(Object.values(secrets).filter((secret) => printed.includes(secret))).toEqual([]);
});

test("NODE_DEBUG of a rotation of an HTTP API's key prints no key", async () => {
  api.give("app", "canary-current-3f6a");
  const tls = { mode: "verify-full", ca: certificate } as const;
  const { outcome, complaints } = await hostileStep({ engine: "http-api-key", port: api.port, tls }, everything);
  expect(outcome).toBe("done");
  expect(complaints).toContain("HTTPS ");
  const key = [...api.keys.values()].filter((one) => complaints.includes(one));
  expect(key).toEqual([]);
  expect(complaints).not.toContain("Bearer");
});

test("NODE_DEBUG of a rotation of an LDAP password prints neither the passwords nor a hash", async () => {
  await using server = await startRogueLdap();
  const { outcome, complaints } = await hostileStep({ engine: "ldap", port: server.port }, everything);
  expect(outcome).toBe("done");
  expect(complaints).toContain("LDAPTS ");
  expect(complaints).toContain("(not printed)");
  expect(complaints).not.toMatch(/canary|SSHA|"type":"Buffer"/u);
});

test("NODE_DEBUG of a message to a chat does not print the webhook's address", async () => {
  const exchange = fileURLToPath(new URL("../../../shared/http/exchange.ts", import.meta.url));
  const slack = await startChatServer("slack");
  onTestFinished(slack.stop);
  const script = `
    import { exchange } from ${JSON.stringify(exchange)};
    const options = { method: "POST", headers: {}, json: { text: "x", blocks: [] }, timeoutMs: 5000, maxAnswerBytes: 100 };
    const { status } = await exchange(process.env.CHAT, options);
    console.log("answered " + status);`;
  const env = { PATH: process.env["PATH"] ?? "", CHAT: chatCredential("slack", slack.origin), ...everything };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env,
    maxBuffer: 1e9,
  });
  // Past the token's form: the path was sent.
  expect(stdout).toContain("answered 400");
  expect(slack.refused).toEqual([{ status: 400, text: "invalid_blocks" }]);
  expect(stderr).toContain("HTTP ");
  expect(stdout + stderr).not.toContain("canary");
});

test("NODE_DEBUG of a rotation of a domain's user prints no password", async () => {
  await using server = await startRogueLdap(asDomainController);
  const { outcome, complaints } = await hostileStep({ engine: "active-directory", port: server.port }, everything);
  expect(outcome).toBe("done");
  expect(complaints).toContain("(not printed)");
  expect(complaints.replaceAll("\0", "")).not.toMatch(/canary|"type":"Buffer"/u);
});

test("NODE_DEBUG of a rotation of a Kafka password prints neither the passwords nor what is sent of them", async () => {
  await using server = await startRogueKafka();
  const { outcome, complaints } = await hostileStep({ engine: "kafka", port: server.port }, everything);
  expect(outcome).toBe("done");
  expect(complaints).toContain("NET ");
  expect(complaints).not.toMatch(/canary|"type":"Buffer"/u);
});
