import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { CreateSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFunction } from "../../../bundle/bundle-function.ts";
import { rotationFunctionArn, startLocalAws } from "../../../shared/testing/engine-contract/local-aws.ts";
import { createWire } from "../../../shared/testing/engine-contract/wire.ts";
import { message, roguePostgres, scramChallenge, scramOffer } from "../../support/rogue-postgres.ts";
import type { Visit } from "../../support/visit.ts";

const canary = "canary-Vx7-password";

/** One step in a container of its own, with ten seconds left. */
const step = `
  const [url, event] = process.argv.slice(1);
  const { handler } = await import(url);
  await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 10_000 }).catch((error) => {
    console.error(String(error));
    process.exitCode = 3;
  });`;

let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-hostile-"));
  const outfile = path.join(folder, "index.mjs");
  await bundleFunction("rotate-postgres", outfile);
  url = pathToFileURL(outfile).href;
});
afterAll(async () => rm(folder, { recursive: true }));

test.each([
  ["a message of length 0", ({ send }: Visit) => send(message("S", "", 0))],
  ["an error without an end", ({ send }: Visit) => send(message("E", "S"))],
  [
    "five million rounds of SCRAM",
    async ({ send, next }: Visit) => {
      send(scramOffer);
      send(scramChallenge(await next(), 5_000_000));
    },
  ],
])("a server that answers the built function with %s ends the step in a typed error", async (_what, behave) => {
  await using server = await roguePostgres(behave);
  const printed: string[] = [];
  const aws = await startLocalAws(createWire(), async (_arn, event) => {
    const { protocol, hostname, port } = await aws.own.config.endpoint!();
    const env = {
      AWS_ENDPOINT_URL: `${protocol}//${hostname}:${String(port)}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    const words = ["--input-type=module", "--eval", step, url, JSON.stringify(event)];
    const options = { env, timeout: 20_000, killSignal: "SIGKILL" } as const;
    const failed: unknown = await promisify(execFile)(process.execPath, words, options).catch(
      (error: unknown) => error,
    );
    const { code, stdout, stderr } = failed as {
      readonly code?: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    printed.push(stdout, stderr);
    return code === undefined
      ? { ok: true, payload: null }
      : { ok: false, errorType: "failed", errorMessage: code === 3 ? "typed" : "the process was ended" };
  });
  try {
    const value = {
      engine: "postgres",
      host: "127.0.0.1",
      port: server.port,
      username: "app",
      password: canary,
      ssl: false,
    };
    await aws.own.send(new CreateSecretCommand({ Name: "hostile", SecretString: JSON.stringify(value) }));
    await aws.own.send(new RotateSecretCommand({ SecretId: "hostile", RotationLambdaARN: rotationFunctionArn }));
    await aws.idle();
    const text = printed.join("\n");
    expect(text).toContain("server-misbehaved");
    expect(text).not.toMatch(/node:internal|Unhandled|Uncaught/i);
    expect(text).not.toContain(canary);
    expect(server.received()).not.toContain(canary);
  } finally {
    await aws.stop();
  }
});
