import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { keeperFixture } from "../../examples/keeper/fixture.ts";
import { startStack } from "../../local/stack.ts";
import { runRekey } from "../support/run-rekey.ts";

const root = path.join(import.meta.dirname, "../..");
const keeper = path.join(root, "examples/keeper");

test("what the example imports of rekey is what is published", async () => {
  const files = ["engine.ts", "fixture.ts", "server.ts"];
  const texts = await Promise.all(files.map(async (file) => readFile(path.join(keeper, file), "utf8")));
  const imported = texts.flatMap((text) => [...text.matchAll(/from "([^"]+)"/gu)].map(([, name = ""]) => name));
  expect([...new Set(imported)].filter((name) => !name.startsWith("node:") && !name.startsWith("./")).sort()).toEqual([
    "rekey/engine",
    "rekey/testing/engine-contract",
  ]);
});

test("an engine that lives elsewhere is bundled, deployed with rekey's template and rotates a secret", async () => {
  const out = await mkdtemp(path.join(tmpdir(), "rekey-outside-"));
  onTestFinished(async () => rm(out, { recursive: true }));
  const words = ["bundle-engine", path.join(keeper, "engine.ts"), "--name", "rotate-keeper", "--out", out];
  expect(await runRekey(words, { env: { PATH: process.env["PATH"] } })).toMatchObject({ code: 0, err: "" });

  const stack = await startStack();
  onTestFinished(async () => stack.stop());
  const server = await keeperFixture.start();
  onTestFinished(async () => server.stop());
  const { outputs } = await stack.deploy({ templatePath: path.join(out, "template.json") });
  const account = { username: "orders", password: "the-first-password" };
  await server.createUser(account);
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(() => secrets.destroy());
  const value = { ...server.fields, host: server.host, port: server.port, ...account };
  await secrets.createSecret({ Name: "keeper/orders", SecretString: JSON.stringify(value) });
  await secrets.rotateSecret({ SecretId: "keeper/orders", RotationLambdaARN: outputs["RotateKeeperArn"] });
  await expect
    .poll(async () => JSON.parse((await secrets.getSecretValue({ SecretId: "keeper/orders" })).SecretString ?? "{}"))
    .not.toEqual(value);
  const { SecretString = "{}" } = await secrets.getSecretValue({ SecretId: "keeper/orders" });
  const { password } = JSON.parse(SecretString) as { readonly password: string };
  expect(await server.accepts({ username: "orders", password })).toBe(true);
  expect(await server.accepts(account)).toBe(false);
});

test("rekey certify-engine runs the contract of a fixture that lives elsewhere, and says what held", async () => {
  const words = ["certify-engine", "--module", path.join(keeper, "fixture.ts"), "--points", "1"];
  const { code, out } = await runRekey(words, { env: { PATH: process.env["PATH"] } });
  expect(out).toContain("fault points tried 1, converged 1");
  expect(out).toContain("the engine contract holds");
  expect(code).toBe(0);
}, 120_000);
