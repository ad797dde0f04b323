import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import type { VaultUnderTest } from "./openbao.ts";
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

async function answered<Answer>(running: () => boolean, ask: () => Promise<Answer>): Promise<Answer | undefined> {
  while (running()) {
    try {
      return await ask();
    } catch {
      await delay(50);
    }
  }
  return undefined;
}

/** Starts OpenBao as a server of its own, not in dev mode, with KV version 2 at `secret/`. It ends with this process. */
export async function startSealableOpenBao(binary: string): Promise<SealableOpenBao> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), "rekey-bao-"));
    const [config, audit, log] = ["config.hcl", "audit.log", "server.log"].map((name) => join(home, name));
    if (config === undefined || audit === undefined || log === undefined) throw new Error("three were joined");
    writeFileSync(config, settings(port, audit));
    const child = spawn(binary, ["server", `-config=${config}`, `-log-file=${log}`], {
      stdio: "ignore",
      env: { PATH: process.env["PATH"] ?? "", HOME: home },
    });
    const ended = once(child, "close");
    const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
    const address = `http://127.0.0.1:${port}`;
    const endNow = (): void => {
      child.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    };
    process.once("exit", endNow);
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
      rmSync(home, { recursive: true, force: true });
      process.off("exit", endNow);
    };
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const opened = await answered(isRunning, async () =>
      rawRequest(address, { method: "POST", path: "/v1/sys/init", body: shares }),
    );
    if (opened?.status !== 200) {
      await stop();
      continue;
    }
    const rootToken = String(at(opened.body, "root_token"));
    const unsealKey = String(at(opened.body, "keys", "0"));
    const ask = async (method: string, path: string, body?: object, expected: readonly number[] = [200, 204]) => {
      const headers = { "X-Vault-Token": rootToken };
      const answer = await rawRequest(address, { method, path: `/v1/${path}`, body, headers });
      if (!expected.includes(answer.status)) throw new Error(`OpenBao answered ${answer.status} to ${method} ${path}`);
      return answer;
    };
    const unseal = async (): Promise<void> => {
      await ask("POST", "sys/unseal", { key: unsealKey });
      // Unsealed, it first becomes active.
      while ((await ask("GET", "sys/health", undefined, [200, 429, 503])).status !== 200) await delay(20);
    };
    await unseal();
    await ask("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    // A mount of KV version 2 upgrades itself for a moment.
    while ((await ask("GET", "secret/config", undefined, [200, 400])).status !== 200) await delay(20);
    return {
      address,
      rootToken,
      unsealKey,
      seal: async () => void (await ask("POST", "sys/seal")),
      unseal,
      written: () => ({ audit: readFileSync(audit, "utf8"), log: readFileSync(log, "utf8") }),
      stop,
    };
  }
  throw new Error("OpenBao did not start");
}
