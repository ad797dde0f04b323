import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bytes of what a service bundles of these entries, with what it exports and nothing else. */
async function bundledBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${root}/dist/package`, loader: "js" },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    logOverride: { "ignored-bare-import": "silent" },
  });
  return outputFiles[0]?.contents.length ?? Number.NaN;
}

test.each([
  ["the client", 'export { createSecretClient } from "./client.js";', 50_000],
  [
    "the client and Secrets Manager without the AWS SDK",
    'export { createSecretClient } from "./client.js"; export { awsSource } from "./client/aws.js";',
    60_000,
  ],
])("%s stays within its budget of bytes", async (_name, contents, budget) => {
  const bytes = await bundledBytes(contents);
  expect(bytes).toBeGreaterThan(budget / 2);
  expect(bytes).toBeLessThanOrEqual(budget);
});
