import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../tests/support/listening.ts";
import { certificate, key, roots } from "../../tests/support/private-authority.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { memorySecretId } from "../testing/memory-rotation.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { environmentCa, type ReadCa } from "./environment-ca.ts";
import { environmentOf } from "./environment.ts";

const option = "REKEY_TLS_CA";
const call = { signal: AbortSignal.timeout(20_000) };
const privateKey = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n";

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "rekey-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "roots.pem"), text);
  return join(folder, "roots.pem");
}

function reader(set: string, stored = "", nowMs: () => number = Date.now): ReadCa {
  const store = memoryStore(memorySecretId, new SecretValue(stored));
  return environmentCa(environmentOf({ [option]: set }), option, store, nowMs);
}

const ways: readonly [string, (pem: string) => ReadCa][] = [
  ["text", (pem) => reader(pem)],
  ["a file", (pem) => reader(fileWith(pem))],
  ["a secret", (pem) => reader(memorySecretId, pem)],
];

test.each(ways)("a server is verified by one of two roots of RSA-4096 that are %s", async (_way, readerOf) => {
  await using server = await listening(createServer({ cert: certificate, key }));
  const ca = await readerOf(`# Both of them.\n${roots}`)(call);
  const socket = connect({ host: "127.0.0.1", port: server.port, ca });
  await once(socket, "secureConnect");
  expect(socket.authorized).toBe(true);
  socket.destroy();
});

test("without the variable Node's own roots verify, and refuse that server", async () => {
  await using server = await listening(createServer({ cert: certificate, key }));
  const socket = connect({ host: "127.0.0.1", port: server.port, ca: await reader("")(call) });
  await expect(once(socket, "secureConnect")).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
});

const damaged: readonly [string, string][] = [
  ["without a certificate", "canary"],
  ["that was cut off", roots.slice(0, -200)],
  ["with a key in it", roots + privateKey],
  ["with a certificate that cannot be read", roots.replace(/\w{20}/, "canary canary canary")],
];

test.each(ways.flatMap(([way, readerOf]) => damaged.map(([what, pem]) => [way, what, pem, readerOf] as const)))(
  "%s %s is refused by the variable's name, and not told",
  async (_way, _what, pem, readerOf) => {
    const error: unknown = await (async () => readerOf(pem)(call))().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "option-invalid", context: { option } });
    expect(inspect(error)).not.toMatch(/canary|BEGIN/);
  },
);

test("a file is looked for at once", () => {
  expect(() => reader("/opt/roots.pem")).toThrow("option-invalid");
});

test("a secret that is not there, and one without a current version, are typed errors that name it", async () => {
  const gone = memorySecretId.replace("app", "gone");
  await expect(reader(gone)(call)).rejects.toMatchObject({ code: "secret-not-found", context: { secret: gone } });
  const store = memoryStore(memorySecretId, new SecretValue(""));
  store.others.set(gone, { AWSPREVIOUS: new SecretValue(roots) });
  const withoutCurrent = environmentCa(environmentOf({ [option]: gone }), option, store);
  await expect(withoutCurrent(call)).rejects.toMatchObject({
    code: "secret-not-found",
    context: { option, secret: gone },
  });
});

test("a secret is read once in five minutes, and what changed in it holds after that", async () => {
  const store = memoryStore(memorySecretId, new SecretValue(certificate));
  let nowMs = 1_000;
  const read = environmentCa(environmentOf({ [option]: memorySecretId }), option, store, () => nowMs);
  expect(await read(call)).toBe(certificate);
  store.putByHand("v1", new SecretValue(roots));
  nowMs += 299_999;
  expect(await read(call)).toBe(certificate);
  nowMs += 1;
  expect(await read(call)).toBe(roots);
});

test("a secret that could not be read is read again at the next call", async () => {
  const store = memoryStore(memorySecretId, new SecretValue("not yet"));
  const read = environmentCa(environmentOf({ [option]: memorySecretId }), option, store);
  await expect(read(call)).rejects.toMatchObject({ code: "option-invalid", context: { secret: memorySecretId } });
  store.putByHand("v1", new SecretValue(roots));
  expect(await read(call)).toBe(roots);
});
