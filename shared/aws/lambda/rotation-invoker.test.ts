import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import { lambdaRotation } from "./rotation-invoker.ts";

const request = {
  step: "retirePrevious",
  secretId: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/none-AbCdEf",
  versionId: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e",
  adopted: true,
} as const;
const call = { signal: AbortSignal.timeout(20_000) };

async function open() {
  const stack = await startStack();
  const client = new LambdaClient({ ...stack.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await stack.stop();
  });
  const { outputs } = await stack.deploy();
  return { stack, rotation: lambdaRotation(client), functionArn: outputs["RotatePostgresArn"] ?? "" };
}

test("what the step fails with is told by its code, and nothing else of it", async () => {
  const { rotation, functionArn } = await open();
  await expect(rotation.invoke(functionArn, request, call)).rejects.toMatchObject({
    // A secret that is not there has no rotation function, which the role's condition asks for.
    code: "access-denied",
    context: { function: functionArn, secret: request.secretId, version: request.versionId },
  });
});

test("a function that is not there, or that cannot be reached, is rotation-function-failed; spent time is said", async () => {
  const { stack, rotation, functionArn } = await open();
  await expect(rotation.invoke(`${functionArn}-none`, request, call)).rejects.toMatchObject({
    code: "rotation-function-failed",
    context: { reason: "ResourceNotFoundException" },
  });
  stack.aws.faults.inject({ service: "lambda", kind: "refuse" });
  await expect(rotation.invoke(functionArn, request, call)).rejects.toMatchObject({ code: "rotation-function-failed" });
  await expect(rotation.invoke(functionArn, request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "time-budget-spent",
  });
});

test("a function that is not rekey's is not taken at its word", async () => {
  const answer = { FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"canary: no code of ours"}') };
  const client = new LambdaClient({ region: "us-east-1" });
  client.middlewareStack.add(() => async () => ({ output: { $metadata: {}, ...answer }, response: {} }), {
    step: "initialize",
  });
  onTestFinished(() => client.destroy());
  const failure = lambdaRotation(client).invoke("arn:other", request, call);
  await expect(failure).rejects.toMatchObject({ code: "rotation-function-failed" });
  await expect(failure).rejects.not.toThrow("canary");
});
