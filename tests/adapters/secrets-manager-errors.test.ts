import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { awsError, type ScriptedAws, startScriptedAws } from "../support/scripted-aws.ts";

let aws: ScriptedAws;
let client: SecretsManagerClient;
const call = { signal: new AbortController().signal };
const request = { step: "createSecret", secretId: "db/orders", versionId: "v".repeat(32) } as const;

beforeAll(async () => {
  aws = await startScriptedAws();
  client = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
beforeEach(() => {
  aws.answer = { status: 200, body: {} };
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
});

const put = async (): Promise<void> =>
  secretsManagerStore(client).putPending(request, new SecretValue("canary-value"), call);

test.each([
  [400, "AccessDeniedException", "access-denied"],
  [400, "DecryptionFailure", "key-unusable"],
  [400, "EncryptionFailure", "key-unusable"],
  [400, "InvalidRequestException", "store-rejected"],
  [400, "LimitExceededException", "quota-exceeded"],
  [400, "ResourceExistsException", "version-conflict"],
  [400, "ResourceNotFoundException", "secret-not-found"],
  [400, "ThrottlingException", "store-throttled"],
  [400, "SomethingNewException", "store-rejected"],
  [500, "InternalServiceError", "store-unavailable"],
  [503, "ServiceUnavailable", "store-unavailable"],
])("an answer %d %s is %s, and its message stays behind", async (status, type, code) => {
  aws.answer = awsError(status, type);
  const error: unknown = await put().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, context: { operation: "PutSecretValue", secret: "db/orders" } });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
});

test("no such version or label is no version to a read, whatever words AWS uses, and costs no second call", async () => {
  aws.answer = awsError(400, "ResourceNotFoundException");
  const asked = aws.calls.length;
  const store = secretsManagerStore(client);
  for (const at of [{ label: "AWSPREVIOUS" }, { versionId: "v" }, { label: "AWSPENDING", versionId: "v" }] as const) {
    await expect(store.read("db/orders", at, call)).resolves.toBeUndefined();
  }
  expect(aws.calls.slice(asked)).toEqual(["GetSecretValue", "GetSecretValue", "GetSecretValue"]);
});

test("AWSCURRENT that is not there is looked into: a secret that is not there is secret-not-found", async () => {
  aws.answer = awsError(400, "ResourceNotFoundException");
  const asked = aws.calls.length;
  const read = secretsManagerStore(client).read("db/orders", { label: "AWSCURRENT" }, call);
  await expect(read).rejects.toMatchObject({ code: "secret-not-found" });
  expect(aws.calls.slice(asked)).toEqual(["GetSecretValue", "DescribeSecret"]);
});

test("a refusal of a version with its label is looked into, and is itself where the label is there", async () => {
  const store = secretsManagerStore(client);
  const at = { label: "AWSPENDING", versionId: "v" } as const;
  const asked = aws.calls.length;
  aws.answer = awsError(400, "InvalidRequestException");
  await expect(store.read("db/orders", at, call)).rejects.toMatchObject({ code: "store-rejected" });
  expect(aws.calls.slice(asked)).toEqual(["GetSecretValue", "DescribeSecret"]);
});

test("a connection that is reset is store-unavailable", async () => {
  aws.answer = "reset";
  await expect(put()).rejects.toMatchObject({ code: "store-unavailable", disposition: "retry" });
});

test("an endpoint that is silent ends with the call's time: time-budget-spent", async () => {
  aws.answer = "silence";
  const store = secretsManagerStore(client);
  const short = { signal: AbortSignal.timeout(50) };
  await expect(store.describe("db/orders", short)).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("the rotation token goes with the new value, the one call whose model has it", async () => {
  const store = secretsManagerStore(client);
  const seen: unknown[] = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      seen.push(Reflect.get(args.input, "RotationToken"));
      return next(args);
    },
    { step: "initialize", name: "seen" },
  );
  const rotationToken = "t".repeat(36);
  await store.putPending({ ...request, rotationToken }, new SecretValue("x"), call);
  await store.promote({ ...request, rotationToken }, { from: "w".repeat(32) }, call);
  await store.clearPending({ ...request, rotationToken }, call);
  await store.describe("db/orders", call);
  client.middlewareStack.remove("seen");
  expect(seen).toEqual([rotationToken, undefined, undefined, undefined]);
});
