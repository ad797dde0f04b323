import { expect, onTestFinished, test } from "vitest";
import { rotationFunctions } from "../../deploy/template/functions/rotation.ts";
import { pascalCase } from "../../deploy/reading/function-names.ts";
import { startStack } from "../../local/stack.ts";

const experimental = rotationFunctions
  .filter(({ condition }) => condition === "RotatesExperimental")
  .map(({ name }) => `${pascalCase(name)}Arn`);

async function deployed(parameters: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const stack = await startStack();
  onTestFinished(async () => stack.stop());
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
  const { outputs } = await stack.deploy({ parameters: { SecretArnPattern, ...parameters } });
  return experimental.filter((name) => Object.hasOwn(outputs, name));
}

test("the functions of experimental engines are there only where the parameter asks for them", async () => {
  expect(experimental).not.toEqual([]);
  expect(await deployed({})).toEqual([]);
  expect(await deployed({ ExperimentalEngines: "true" })).toEqual(experimental);
  expect(await deployed({ ExperimentalEngines: "true", StackKind: "mirror" })).toEqual([]);
});
