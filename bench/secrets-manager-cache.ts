import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const peer = "aws-secrets-manager-cache";
const version = "0.2.0";

interface Cache {
  getSecret(name: string, isJson?: boolean): Promise<unknown>;
}
type Input = { readonly SecretId: string };
interface Peer {
  readonly SecretsManagerCache: new (options: {
    readonly ttl: number;
    readonly secretsManager: { getSecretValue(input: Input): { promise(): Promise<unknown> } };
  }) => Cache;
}

export interface SecretsManagerCachePeer extends AsyncDisposable {
  on(sdk: SecretsManagerClient, ttlMs: number): Cache;
}

/**
 * The leanest Node peer with a TTL, fetched when it is asked for and without the SDK's second version that it wants beside
 * it (90 MB): it is given the third one. `undefined` where the registry does not give it.
 */
export async function secretsManagerCachePeer(): Promise<SecretsManagerCachePeer | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-peer-"));
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path.join(folder, "package.json"), "{}");
    const words = [
      "install",
      "--no-audit",
      "--no-fund",
      "--legacy-peer-deps",
      "--ignore-scripts",
      `${peer}@${version}`,
    ];
    await promisify(execFile)("npm", words, { cwd: folder, timeout: 60_000 });
    const standIn = path.join(folder, "node_modules", "aws-sdk");
    await mkdir(standIn);
    await writeFile(path.join(standIn, "index.js"), "exports.SecretsManager = class {};");
    const { SecretsManagerCache }: Peer = createRequire(path.join(folder, "package.json"))(peer);
    return {
      on: (sdk, ttlMs) =>
        new SecretsManagerCache({
          ttl: ttlMs,
          secretsManager: {
            getSecretValue: (input) => ({ promise: async () => sdk.send(new GetSecretValueCommand(input)) }),
          },
        }),
      [Symbol.asyncDispose]: remove,
    };
  } catch {
    await remove();
    console.error(`${peer} could not be fetched: its rows are left out`);
    return undefined;
  }
}
