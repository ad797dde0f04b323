import { DescribeSecretCommand, RotateSecretCommand, SecretsManager } from "@aws-sdk/client-secrets-manager";
import { jwtVerify, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { createSecretClient } from "../../shared/client/index.ts";
import { signingKey, verificationKeys } from "../../shared/client/signing-keys/index.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import { runRekey } from "../support/run-rekey.ts";
import { stackVariables } from "../support/stack-variables.ts";

const name = "prod/tokens";
let stack: Stack;
let secrets: SecretsManager;

async function rotate(): Promise<void> {
  const { VersionId = "" } = await secrets.send(new RotateSecretCommand({ SecretId: name }));
  await expect
    .poll(async () => {
      const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId: name }));
      return VersionIdsToStages?.[VersionId] ?? [];
    })
    .toContain("AWSCURRENT");
  await stack.secretsManager.idle();
}

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  const { RotateSigningKeyArn: RotationLambdaARN } = (await stack.deploy({ parameters: {} })).outputs;
  const value = { engine: "signing-key", host: "auth.example.com", username: "no-key-yet", password: "no-key-yet" };
  await secrets.createSecret({ Name: name, SecretString: JSON.stringify(value) });
  await secrets.rotateSecret({
    SecretId: name,
    RotationLambdaARN,
    RotateImmediately: false,
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  await stack.secretsManager.idle();
});
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
});

test("the deployed function makes keys that a service signs and verifies with, and the doctor has nothing against the secret", async () => {
  const env = stackVariables(stack);
  expect((await runRekey(["plan-rotation", name], { env })).out).toContain("rekey makes the key itself");
  await rotate();
  await using client = createSecretClient({ source: secretsManagerSource(secrets) });
  const { kid, alg, key } = await signingKey(client, name);
  const token = await new SignJWT({ sub: "ada" }).setProtectedHeader({ kid, alg }).sign(key);
  const { keyFor } = await verificationKeys(client, name);
  expect((await jwtVerify(token, keyFor)).payload.sub).toBe("ada");

  const { out, code } = await runRekey(["doctor", name, "--json"], { env });
  expect({ code, findings: (JSON.parse(out) as readonly { readonly code: string }[]).map((one) => one.code) }).toEqual({
    code: 0,
    findings: ["iam-cannot-be-seen"],
  });
});

test("a rotation right after it fails as too soon, and the keys stay", async () => {
  const before = await secrets.getSecretValue({ SecretId: name });
  await secrets.rotateSecret({ SecretId: name });
  await stack.secretsManager.idle();
  await expect.poll(async () => JSON.stringify(stack.lambda.logs)).toContain("rotation-too-soon");
  expect((await secrets.getSecretValue({ SecretId: name })).SecretString).toBe(before.SecretString);
});
