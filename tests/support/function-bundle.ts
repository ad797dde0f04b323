import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { vi } from "vitest";
import { bundleFunction } from "../../bundle/bundle-function.ts";
import type { AwsUnderTest } from "./aws-servers.ts";

export type Handler = (event: unknown) => Promise<unknown>;

/**
 * Bundles a function as `npm run build` does and loads it as a container of its own would: with nothing but environment
 * variables, the SDK's `AWS_ENDPOINT_URL` among them, that lead to the server.
 */
export async function loadFunction(
  name: string,
  aws: { readonly clientConfig: Omit<AwsUnderTest["clientConfig"], "maxAttempts"> },
  variables: Readonly<Record<string, string>>,
): Promise<Handler> {
  const { endpoint, region, credentials } = aws.clientConfig;
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...variables,
  };
  for (const [variable, text] of Object.entries(environment)) vi.stubEnv(variable, text);
  const folder = mkdtempSync(join(tmpdir(), "rekey-function-"));
  try {
    const file = join(folder, "index.mjs");
    await bundleFunction(name, file);
    const { handler } = (await import(pathToFileURL(file).href)) as {
      handler: (event: unknown, context: object) => Promise<unknown>;
    };
    return async (event) => handler(event, { getRemainingTimeInMillis: () => 30_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
