import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CreateSecretCommand, GetSecretValueCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { bundleFunction } from "../../bundle/bundle-function.ts";
import { startLocalAws, rotationFunctionArn } from "../../shared/testing/engine-contract/local-aws.ts";
import { createWire } from "../../shared/testing/engine-contract/wire.ts";
import { ferretDb, startFerretDb } from "../support/ferretdb.ts";
import { clientOf } from "../support/ferretdb-fixture.ts";

test.skipIf(ferretDb === undefined)(
  "the bundled function, with all that was cut from its driver, rotates a user of MongoDB's protocol",
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-"));
    const server = await startFerretDb(ferretDb ?? "");
    let handler: ((event: unknown, context: object) => Promise<unknown>) | undefined;
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
      await bundleFunction("rotate-mongodb", outfile);
      const { protocol, hostname, port } = await aws.own.config.endpoint!();
      Object.assign(process.env, {
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        SECRETS_MANAGER_ENDPOINT: `${protocol}//${hostname}:${String(port)}`,
      });
      ({ handler } = (await import(pathToFileURL(outfile).href)) as { handler: NonNullable<typeof handler> });
      const admin = clientOf(server, server.admin);
      await admin.db("admin").command({ createUser: "app", pwd: "first", roles: [] });
      await admin.close();
      const { host, port: databasePort } = server;
      const value = { engine: "mongodb", host, port: databasePort, username: "app", password: "first", ssl: false };
      const { ARN } = await aws.own.send(
        new CreateSecretCommand({ Name: "bundled", SecretString: JSON.stringify(value) }),
      );
      await aws.own.send(new RotateSecretCommand({ SecretId: ARN, RotationLambdaARN: rotationFunctionArn }));
      await aws.idle();
      const { SecretString = "" } = await aws.own.send(new GetSecretValueCommand({ SecretId: ARN }));
      const { password } = JSON.parse(SecretString) as { password: string };
      expect(failures).toEqual([]);
      expect(password).not.toBe("first");
      const client = await clientOf(server, { username: "app", password }).connect();
      await client.close();
    } finally {
      await aws.stop();
      await server.stop();
      await rm(folder, { recursive: true });
    }
  },
);
