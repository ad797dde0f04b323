import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CreateSecretCommand, GetSecretValueCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { bundleFunction } from "../../bundle/bundle-function.ts";
import { rotationFunctionArn, startLocalAws } from "../../shared/testing/engine-contract/local-aws.ts";
import { createWire } from "../../shared/testing/engine-contract/wire.ts";

type Handler = (event: unknown, context: object) => Promise<unknown>;

export interface BundledRotation {
  readonly failures: readonly unknown[];
  /** AWSCURRENT's. */
  readonly password: string;
}

/** Rotates a secret of this value once, with the function as it is bundled for Lambda. */
export async function rotateByBundle(
  functionName: string,
  value: object,
  tags: Readonly<Record<string, string>> = {},
): Promise<BundledRotation> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-"));
  let handler: Handler | undefined;
  const failures: unknown[] = [];
  const aws = await startLocalAws(createWire(), async (_arn, event) => {
    try {
      await handler?.(event, { getRemainingTimeInMillis: () => 20_000 });
      return { ok: true, payload: null };
    } catch (error) {
      failures.push(error);
      return { ok: false, errorType: "failed", errorMessage: "" };
    }
  });
  try {
    const outfile = path.join(folder, "index.mjs");
    await bundleFunction(functionName, outfile);
    const { protocol, hostname, port } = await aws.own.config.endpoint!();
    Object.assign(process.env, {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      SECRETS_MANAGER_ENDPOINT: `${protocol}//${hostname}:${String(port)}`,
    });
    ({ handler } = (await import(pathToFileURL(outfile).href)) as { readonly handler: Handler });
    const secret = new CreateSecretCommand({
      Name: "bundled",
      SecretString: JSON.stringify(value),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    });
    const { ARN } = await aws.own.send(secret);
    await aws.own.send(new RotateSecretCommand({ SecretId: ARN, RotationLambdaARN: rotationFunctionArn }));
    await aws.idle();
    const { SecretString = "" } = await aws.own.send(new GetSecretValueCommand({ SecretId: ARN }));
    const { password } = JSON.parse(SecretString) as { readonly password: string };
    return { failures, password };
  } finally {
    await aws.stop();
    await rm(folder, { recursive: true });
  }
}
