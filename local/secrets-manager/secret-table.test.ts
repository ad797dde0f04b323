import { expect, test } from "vitest";
import { openStage } from "./test-stage.ts";

const missing = { name: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret." };

test.each(["app", "app-a1b2", "app-a1b2c3-", "path/to/app_1+2=3.@!"])(
  "%s is found by its name, its ARN, and its ARN without the suffix",
  async (Name) => {
    const stage = await openStage();
    const { ARN = "" } = await stage.client.createSecret({ Name, SecretString: "value" });
    for (const SecretId of [Name, ARN, ARN.slice(0, -7)]) {
      expect((await stage.client.describeSecret({ SecretId })).ARN).toBe(ARN);
    }
  },
);

test("a name that ends like a suffix is not found by its ARN without the suffix", async () => {
  const stage = await openStage();
  const { ARN = "" } = await stage.client.createSecret({ Name: "app-a1b2c3", SecretString: "value" });
  expect((await stage.client.describeSecret({ SecretId: ARN })).Name).toBe("app-a1b2c3");
  await expect(stage.client.describeSecret({ SecretId: ARN.slice(0, -7) })).rejects.toMatchObject(missing);
});

test("an ARN of another region or suffix is not found", async () => {
  const stage = await openStage();
  const { ARN = "" } = await stage.client.createSecret({ Name: "app", SecretString: "value" });
  const others = [
    ARN.replace("us-east-1", "eu-west-1"),
    `${ARN.slice(0, -6)}zzzzzz`,
    ARN.slice(0, -7).replace("us-east-1", "eu-west-1"),
  ];
  for (const SecretId of others) {
    await expect(stage.client.getSecretValue({ SecretId })).rejects.toMatchObject(missing);
  }
});

test("a secret is gone when the clock has passed its recovery window, and its name is free", async () => {
  const stage = await openStage();
  const { ARN } = await stage.client.createSecret({ Name: "app", SecretString: "value" });
  await stage.client.deleteSecret({ SecretId: "app", RecoveryWindowInDays: 7 });
  await stage.clock.advance(7 * 24 * 3_600_000 + 1000);
  await expect(stage.client.restoreSecret({ SecretId: "app" })).rejects.toMatchObject(missing);
  const again = await stage.client.createSecret({ Name: "app", SecretString: "value" });
  expect(again.ARN).not.toBe(ARN);
});
