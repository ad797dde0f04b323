import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../../local/aws/members.ts";
import { startStack } from "../../local/stack.ts";

const soon = { timeout: 60_000 };

test("a stack that only mirrors has no rotation function, and brings what others change to Vault", async () => {
  const stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    await stack.stop();
  });
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
  const { outputs } = await stack.deploy({ parameters: { StackKind: "mirror", SecretArnPattern } });
  expect(Object.keys(outputs).filter((name) => name.startsWith("Rotate"))).toEqual([]);
  expect(outputs).toHaveProperty("EventBusArn");
  const inVault = async (): Promise<unknown> => {
    const headers = { "x-vault-token": stack.vault.rootToken };
    const answer = await fetch(`${stack.vault.address}/v1/secret/data/db/app`, { headers });
    const body: unknown = await answer.json();
    return isMembers(body) && answer.ok ? record(record(body, "data"), "data")["password"] : undefined;
  };
  await secrets.createSecret({ Name: "db/app", SecretString: '{"password":"first"}' });
  await expect.poll(inVault, soon).toBe("first");
  await stack.clock.advance(1_000);
  await secrets.putSecretValue({ SecretId: "db/app", SecretString: '{"password":"second"}' });
  await expect.poll(inVault, soon).toBe("second");
});
