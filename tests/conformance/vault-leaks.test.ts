import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { type LocalVault, startVault } from "../../local/vault/server.ts";

const child = fileURLToPath(new URL("../support/vault-leak-child.ts", import.meta.url));

const secrets = { token: "canary-token-91d3", secretId: "canary-secret-id-91d3", password: "canary-password-91d3" };

let vault: LocalVault;
let closed: string;
beforeAll(async () => {
  vault = await startVault({ clock: movableClock(), rootToken: secrets.token });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  closed = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  server.close();
  await once(server, "close");
});
afterEach(() => vault.faults.clear());
afterAll(() => vault.stop());

/** All that a process prints which writes once with every debug output on, and dies of the error. */
async function printedBy(job: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve) => {
    const argument = JSON.stringify({ ...secrets, login: "token", ...job });
    const env = { PATH: process.env["PATH"] ?? "", DEBUG: "node-vault,*" };
    execFile(process.execPath, [child, argument], { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

const leaked = (printed: string): string[] => Object.values(secrets).filter((secret) => printed.includes(secret));

/** A password that the key does not hold yet, so that there is something to write. */
let serial = 0;
const fresh = (): string => `${secrets.password}-${++serial}`;

describe("rekey prints neither token nor secret id nor value", () => {
  test("when it writes", async () => {
    const printed = await printedBy({ through: "rekey", address: vault.address });
    expect(printed).toContain("written");
    expect(leaked(printed)).toEqual([]);
  });

  test.each(["token", "approle"])("when nothing listens, with the %s login", async (login) => {
    const printed = await printedBy({ through: "rekey", address: closed, login });
    expect(printed).toContain("mirror-unavailable");
    expect(leaked(printed)).toEqual([]);
  });

  test.each([
    ["refused", "mirror-unavailable"],
    ["cut", "mirror-unavailable"],
    ["answered with what was sent", "mirror-rejected"],
  ])("when the write is %s", async (fate, code) => {
    const errors = [`no: ${JSON.stringify(secrets)}`];
    if (fate === "refused") vault.faults.inject({ kind: "refuse" }, { method: "POST" });
    if (fate === "cut") vault.faults.inject({ kind: "cut" }, { method: "POST" });
    if (fate.startsWith("answered")) vault.faults.inject({ kind: "status", status: 400, errors }, { method: "POST" });
    const printed = await printedBy({ through: "rekey", address: `${vault.address}/`, password: fresh() });
    expect(printed).toContain(code);
    expect(leaked(printed)).toEqual([]);
  });

  test("when the login is refused", async () => {
    const printed = await printedBy({ through: "rekey", address: vault.address, login: "approle" });
    expect(printed).toContain("mirror-unauthorized");
    expect(leaked(printed)).toEqual([]);
  });
});

describe("node-vault by itself does, so this test can fail", () => {
  test("with DEBUG, the value", async () => {
    const printed = await printedBy({ through: "node-vault", address: vault.address });
    expect(leaked(printed)).toContain(secrets.password);
  });

  test("in a network error, the token and the value", async () => {
    expect(leaked(await printedBy({ through: "node-vault", address: closed }))).toEqual([
      secrets.token,
      secrets.password,
    ]);
  });
});
