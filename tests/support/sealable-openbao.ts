import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { VaultUnderTest } from "./openbao.ts";
import { startServer } from "./server-process.ts";
import { at, rawRequest } from "./vault-http.ts";

/** A real OpenBao with one unseal key and an audit log, in memory. */
export interface SealableOpenBao extends VaultUnderTest {
  readonly unsealKey: string;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** What its file audit device and the server itself have written so far. */
  written(): { readonly audit: string; readonly log: string };
}

const settings = (port: number, audit: string): string => `
disable_mlock = true
storage "inmem" {}
listener "tcp" {
  address = "127.0.0.1:${port}"
  tls_disable = true
}
audit "file" "file" {
  options {
    file_path = "${audit}"
  }
}
`;

/** Its status, and 0 for a connection that is refused or, while it becomes active, cut. */
const healthOf = async (address: string): Promise<number> =>
  rawRequest(address, { method: "GET", path: "/v1/sys/health" }).then(
    ({ status }) => status,
    () => 0,
  );

/** Starts OpenBao as a server of its own, not in dev mode, with KV version 2 at `secret/`. It ends with this process. */
export async function startSealableOpenBao(binary: string): Promise<SealableOpenBao> {
  const addressOf = (port: number): string => `http://127.0.0.1:${port}`;
  const { port, home, output, stop } = await startServer({
    name: "bao",
    binary,
    endsBy: "SIGTERM",
    prepare(port, home) {
      writeFileSync(join(home, "config.hcl"), settings(port, join(home, "audit.log")));
      return ["server", `-config=${join(home, "config.hcl")}`];
    },
    // Not yet initialized.
    isReady: async (port) => (await healthOf(addressOf(port))) === 501,
  });
  const address = addressOf(port);
  const shares = { secret_shares: 1, secret_threshold: 1 };
  const opened = await rawRequest(address, { method: "POST", path: "/v1/sys/init", body: shares });
  const rootToken = String(at(opened.body, "root_token"));
  const unsealKey = String(at(opened.body, "keys", "0"));
  const ask = async (method: string, path: string, body?: object, expected: readonly number[] = [200, 204]) => {
    const headers = { "X-Vault-Token": rootToken };
    const answer = await rawRequest(address, { method, path: `/v1/${path}`, body, headers });
    if (!expected.includes(answer.status)) throw new Error(`OpenBao answered ${answer.status} to ${method} ${path}`);
    return answer;
  };
  /** Asks until its health is so: it may cut the connection of the request that changes it, which repeated changes nothing. */
  const become = async (health: 200 | 503, path: string, body?: object): Promise<void> => {
    const startedMs = performance.now();
    let failure: unknown;
    while ((await healthOf(address)) !== health) {
      if (performance.now() - startedMs > 300_000)
        throw new Error(`OpenBao: ${path} takes five minutes`, { cause: failure });
      await ask("POST", path, body).catch((error: unknown) => (failure = error));
      await delay(20);
    }
  };
  const seal = async (): Promise<void> => become(503, "sys/seal");
  const unseal = async (): Promise<void> => become(200, "sys/unseal", { key: unsealKey });
  await unseal();
  await ask("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
  // A mount of KV version 2 upgrades itself for a moment.
  while ((await ask("GET", "secret/config", undefined, [200, 400])).status !== 200) await delay(20);
  return {
    address,
    rootToken,
    unsealKey,
    seal,
    unseal,
    written: () => ({ audit: readFileSync(join(home, "audit.log"), "utf8"), log: output() }),
    stop,
  };
}
