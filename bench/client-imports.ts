import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { coldImportMs } from "./cold-import.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 9;
const root = fileURLToPath(new URL("..", import.meta.url));

const contents = {
  "rekey client": 'export { createSecretClient } from "./shared/client/index.ts";',
  "rekey client and Vault":
    'export { createSecretClient } from "./shared/client/index.ts"; export { vaultSource } from "./shared/client/sources/vault/index.ts";',
  "rekey client without the SDK":
    'export { createSecretClient } from "./shared/client/index.ts"; export { awsSource } from "./shared/client/sources/aws-source.ts";',
  "rekey client and the SDK":
    'export { createSecretClient } from "./shared/client/index.ts"; export { secretsManagerSource } from "./shared/client/sources/secrets-manager-source.ts"; export { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";',
  "powertools parameters": 'export { getSecret } from "@aws-lambda-powertools/parameters/secrets";',
  "middy secrets-manager": 'export { default } from "@middy/secrets-manager";',
} as const;

/** CommonJS in an ES module; rekey's own code has none. */
const requireBanner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
const withoutCommonJs: ReadonlySet<string> = new Set(["rekey client", "rekey client without the SDK"]);

/** Bytes and cold import of what a service bundles, all built alike and interleaved. */
export async function benchClientImports(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-bench-"));
  try {
    const bytes = new Map<string, number>();
    const times = new Map<string, number[]>();
    const fileOf = (name: string): string => path.join(folder, `${name.replaceAll(" ", "-")}.mjs`);
    for (const [name, source] of Object.entries(contents)) {
      await build({
        stdin: { contents: source, resolveDir: root, loader: "ts" },
        outfile: fileOf(name),
        bundle: true,
        minify: true,
        format: "esm",
        platform: "node",
        mainFields: ["module", "main"],
        banner: withoutCommonJs.has(name) ? {} : { js: requireBanner },
        logLevel: "error",
      });
      bytes.set(name, (await stat(fileOf(name))).size);
    }
    for (let round = 0; round < rounds; round++) {
      for (const name of Object.keys(contents))
        times.set(name, [...(times.get(name) ?? []), await coldImportMs(fileOf(name))]);
    }
    const ours = Object.keys(contents).filter((name) => name.startsWith("rekey"));
    const peersOf = (value: (name: string) => number): Record<string, number> => ({
      "powertools parameters": value("powertools parameters"),
      "middy secrets-manager": value("middy secrets-manager"),
    });
    const size = (name: string): number => bytes.get(name) ?? Number.NaN;
    const time = (name: string): number => median(times.get(name) ?? []);
    return ours.flatMap((name) => [
      ...figuresOf("import", `${name}, size`, "bytes", size(name), peersOf(size)),
      ...figuresOf("import", `${name}, cold`, "ms", time(name), peersOf(time)),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
