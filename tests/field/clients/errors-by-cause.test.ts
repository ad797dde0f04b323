import { createServer } from "node:http";
import { inspect } from "node:util";
import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { signedSecretsManager } from "../../../shared/aws/signed/secrets-manager-api.ts";
import { secretsManagerReads } from "../../../shared/client/sources/secrets-manager-reads.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { servingRule } from "../../../shared/client/cache/serving-rules.ts";
import type { ErrorCode } from "../../../shared/errors/codes.ts";
import { isRekeyError, type RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../../../shared/testing/manual-clock.ts";
import { listening } from "../../support/listening.ts";
import { awsError, type ScriptedAws, startScriptedAws } from "../../support/scripted-aws.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const kind = "one error for two causes";
const arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/orders-AbCdEf";
const value = { status: 200, body: { ARN: arn, VersionId: "v1", SecretString: "one", CreatedDate: 1_700_000_000 } };
const [ttlMs, maxDeniedMs, maxStaleMs] = [1_000, 60_000, 3_600_000];

let aws: ScriptedAws;
let clock: ManualClock;
let open: (() => Promise<void>)[] = [];

beforeAll(async () => void (aws = await startScriptedAws()));
beforeEach(() => {
  clock = manualClock();
  aws.answer = value;
});
afterEach(async () => {
  for (const close of open) await close();
  open = [];
});
afterAll(async () => aws.stop());

/** `undefined`: the source without the SDK, whose clock and keys are its own. */
function sourceOf(sdk: SecretsManagerClient | undefined, endpoint: string): SecretSource {
  if (sdk !== undefined) return secretsManagerSource(sdk);
  const variables = { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "test" };
  return secretsManagerReads(signedSecretsManager({ endpoint, region: "us-east-1", maxAttempts: 1 }, variables));
}

function start(settings: SecretsManagerClientConfig = {}, isSigned = false, endpoint = aws.endpoint): SecretClient {
  const sdk = isSigned
    ? undefined
    : new SecretsManagerClient({
        endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
        maxAttempts: 1,
        ...settings,
      });
  const client = createSecretClient({
    source: sourceOf(sdk, endpoint),
    clock,
    random: () => 0,
    ttlMs,
    maxDeniedMs,
    maxStaleMs,
    requestTimeoutMs: 1_000_000,
    budget: requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock),
  });
  open.push(async () => {
    await client.close();
    sdk?.destroy();
  });
  return client;
}

const sources = [
  ["over the SDK", false],
  ["without the SDK", true],
] as const;

const failureOf = async (read: Promise<unknown>): Promise<RekeyError> => {
  const error: unknown = await settled(read).catch((thrown: unknown) => thrown);
  if (!isRekeyError(error)) throw new Error(`not rekey's: ${String(error)}`);
  return error;
};

/** The pauses between attempts are of the moved clock. */
async function settled<Result>(read: Promise<Result>): Promise<Result> {
  let isOver = false;
  const end = (): void => void (isOver = true);
  read.then(end, end);
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(0);
  }
  return read;
}

const code = async (read: Promise<unknown>): Promise<string> =>
  settled(read).then(
    () => "served",
    (error: unknown) => String(Reflect.get(Object(error), "code")),
  );

const off = { date: new Date(Date.now() - 3_600_000).toUTCString() };
const answers: readonly (readonly [what: string, answer: ScriptedAws["answer"], code: ErrorCode])[] = [
  ["its session token has expired", awsError(400, "ExpiredTokenException"), "credentials-expired"],
  ["its session token has expired, in STS's words", awsError(403, "ExpiredToken"), "credentials-expired"],
  ["its token must be refreshed", awsError(400, "TokenRefreshRequired"), "credentials-expired"],
  ["AWS does not know its access key", awsError(400, "UnrecognizedClientException"), "credentials-refused"],
  ["AWS does not know its access key, in STS's words", awsError(403, "InvalidClientTokenId"), "credentials-refused"],
  ["its secret key is wrong", awsError(400, "InvalidSignatureException"), "credentials-refused"],
  ["a proxy cuts its signature", awsError(400, "IncompleteSignature"), "credentials-refused"],
  ["a proxy removes its signature", awsError(403, "MissingAuthenticationToken"), "credentials-missing"],
  ["its clock is an hour off", awsError(400, "InvalidSignatureException", "Signature expired", off), "clock-skewed"],
  [
    "its clock is an hour off, and the answer has no date of its own",
    awsError(
      400,
      "InvalidSignatureException",
      "Signature expired: 20260101T000000Z is now earlier than 20260101T005500Z",
    ),
    "clock-skewed",
  ],
  ["its clock is off, in S3's words", awsError(403, "RequestTimeTooSkewed"), "clock-skewed"],
  ["its request is too old", awsError(400, "RequestExpired"), "clock-skewed"],
  [
    "it has no right to the secret",
    awsError(400, "AccessDeniedException", "not authorized to perform"),
    "access-denied",
  ],
  ["it has no right to the key", awsError(400, "AccessDeniedException", "Access to KMS is not allowed"), "key-denied"],
  [
    "the key is disabled",
    awsError(400, "DecryptionFailure", "can't decrypt with the provided KMS key"),
    "key-unusable",
  ],
  [
    "the key is pending deletion",
    awsError(400, "InvalidRequestException", "The KMS key is pending deletion"),
    "key-unusable",
  ],
  [
    "the secret is marked for deletion",
    awsError(400, "InvalidRequestException", "You can't perform this operation: it was marked for deletion."),
    "secret-deleted",
  ],
  ["the secret is gone", awsError(400, "ResourceNotFoundException"), "secret-not-found"],
  ["Secrets Manager throttles", awsError(400, "ThrottlingException"), "store-throttled"],
  ["Secrets Manager fails", awsError(500, "InternalServiceError"), "store-unavailable"],
  ["Secrets Manager is away", awsError(503, "ServiceUnavailable"), "store-unavailable"],
  ["the connection is reset", "reset", "store-unavailable"],
];

test.each(sources.flatMap(([how, isSigned]) => answers.map((row) => [how, ...row, isSigned] as const)))(
  "%s: while %s, a service gets that cause's code and hint, and its value for as long as the cause allows",
  async (_how, _what, answer, expected, isSigned) =>
    fieldCase(kind, async () => {
      const client = start({}, isSigned);
      const events: unknown[] = [];
      client.on("stale", (event) => events.push(event));
      await settled(client.get("prod/orders"));
      aws.answer = answer;
      clock.freeze(ttlMs * 3);
      expect(await code(client.get("prod/orders"))).toBe("served");
      expect(events).toEqual([
        { secretId: "prod/orders", ageMs: expect.any(Number), error: expect.objectContaining({ code: expected }) },
      ]);
      const bound = servingRule(expected).servedFor;
      clock.freeze(maxDeniedMs + 1_000);
      expect(await code(client.get("prod/orders"))).toBe(bound === "maxStaleMs" ? "served" : expected);
      clock.freeze(maxStaleMs);
      const error = await failureOf(client.get("prod/orders"));
      expect(error).toMatchObject({ code: expected, context: { secret: "prod/orders" } });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
    })(),
);

const providers: readonly (readonly [string, SecretsManagerClientConfig, ErrorCode])[] = [
  [
    "its credentials' provider throws",
    { credentials: async () => Promise.reject(new Error("canary")) },
    "credentials-missing",
  ],
  [
    "its SSO token has expired",
    {
      credentials: async () =>
        Promise.reject(Object.assign(new Error("Token is expired. canary"), { name: "TokenProviderError" })),
    },
    "credentials-expired",
  ],
  [
    "its SSO session is over",
    {
      credentials: async () => Promise.reject(Object.assign(new Error("canary"), { name: "CredentialsProviderError" })),
    },
    "credentials-missing",
  ],
  [
    "STS refuses its role",
    {
      credentials: async () =>
        Promise.reject(
          Object.assign(new Error("canary"), {
            name: "AccessDenied",
            Type: "Sender",
            $metadata: { httpStatusCode: 403 },
          }),
        ),
    },
    "credentials-refused",
  ],
];

test.each(providers)("when %s, the first read says so", async (_what, settings, expected) =>
  fieldCase(kind, async () => {
    const error = await failureOf(start(settings).get("prod/orders"));
    expect(error).toMatchObject({
      code: expected,
      context: { secret: "prod/orders", operation: "GetSecretValue", reason: expect.stringMatching(/^\w+$/) },
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
  })(),
);

const endpoints = [
  ["its endpoint's name is not in the DNS", "http://secretsmanager.invalid"],
  ["nothing listens at its endpoint", "http://127.0.0.1:1"],
] as const;

test.each(sources.flatMap(([how, isSigned]) => endpoints.map((row) => [how, ...row, isSigned] as const)))(
  "%s: when %s, the first read says so",
  async (_how, _what, endpoint, isSigned) =>
    fieldCase(kind, async () => {
      const error = await failureOf(start({}, isSigned, endpoint).get("prod/orders"));
      expect(error).toMatchObject({
        code: "store-unavailable",
        context: { secret: "prod/orders", operation: "GetSecretValue", reason: expect.stringMatching(/^\w+$/) },
      });
    })(),
);

test.each(sources)("%s, an endpoint that speaks no TLS is told as TLS, with what to do", async (_how, isSigned) =>
  fieldCase(kind, async () => {
    await using plain = await listening(createServer());
    const error = await failureOf(start({}, isSigned, `https://127.0.0.1:${plain.port}`).get("prod/orders"));
    expect(error).toMatchObject({ code: "tls-refused", hint: expect.stringContaining("certificate") });
  })(),
);

test.each(sources)("%s, a clock that is off is corrected, and the read goes on", async (_how, isSigned) =>
  fieldCase(kind, async () => {
    const client = start({}, isSigned);
    aws.answer = awsError(400, "InvalidSignatureException", "Signature expired", off);
    const read = settled(client.get("prod/orders"));
    await expect.poll(() => aws.calls.length, { timeout: 60_000 }).toBeGreaterThan(0);
    aws.answer = value;
    expect((await read).value.reveal()).toBe("one");
  })(),
);
