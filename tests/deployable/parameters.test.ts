import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../local/stack.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";

const { Parameters } = readTemplate(readFileSync(resolve(import.meta.dirname, "../../template.yaml"), "utf8"));
const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
const bind = (given: Readonly<Record<string, string>>) => bindParameters(Parameters, { SecretArnPattern, ...given });
const key = "arn:aws:kms:us-east-1:123456789012:key/";
const roots = "arn:aws:secretsmanager:us-east-1:123456789012:secret:roots-AbCdEf";

test("the secrets may have several keys, each named by its ARN; an alias is refused", () => {
  const keys = [`${key}1234abcd-12ab-34cd-56ef-1234567890ab`, `${key}mrk-1234abcd12ab34cd56ef1234567890ab`];
  expect(bind({ SecretsKmsKeyArn: keys.join(",") }).get("SecretsKmsKeyArn")).toEqual(keys);
  for (const wrong of ["alias/orders", "1234abcd", key.replace("key/", "alias/orders"), `${keys[0] ?? ""},alias/b`]) {
    expect(() => bind({ SecretsKmsKeyArn: wrong })).toThrow("SecretsKmsKeyArn: the value does not match");
  }
});

test("a layer is named with its version", () => {
  const layer = "arn:aws:lambda:eu-west-1:123456789012:layer:roots";
  expect(bind({ Layers: `${layer}:1,${layer}:2` }).get("Layers")).toEqual([`${layer}:1`, `${layer}:2`]);
  expect(() => bind({ Layers: layer })).toThrow("Layers: the value does not match");
});

test.each([
  ["TlsCa", "TlsCaSecretArn"],
  ["VaultCaCert", "VaultCaSecretArn"],
])("roots come from %s or from %s, and both together are refused", async (text, secret) => {
  const stack = await startStack();
  onTestFinished(async () => stack.stop());
  const parameters = { SecretArnPattern, [text]: "/opt/roots.pem", [secret]: roots };
  await expect(stack.deploy({ parameters })).rejects.toThrow(`${secret} stands in place of ${text}.`);
});
