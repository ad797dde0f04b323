import type { IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";
import { endpointOf } from "../../shared/aws/signed/endpoint.ts";
import { signedSecretsManager } from "../../shared/aws/signed/secrets-manager-api.ts";
import { signedHeaders } from "../../shared/aws/signed/signature.ts";
import { answeringHttp } from "../support/listening.ts";
import { sampled } from "../support/sampled.ts";
import { replaySecretsManagerVectors, scenarioIds } from "./secrets-manager-vectors.ts";

interface Exchange {
  readonly operation: string;
  readonly input: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const reading = ["GetSecretValue", "BatchGetSecretValue", "DescribeSecret"];
const keys = { accessKeyId: "AKIATEST", secretAccessKey: "secret/of+the tests" };
const variables = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
const region = "us-east-1";
const recorded: Exchange[] = [];
let stack: Stack;

/** Every reading request of the recorded scenarios, with the answer that it got. */
beforeAll(async () => {
  stack = await startStack();
  await using recorder = await answeringHttp((request, response) => {
    void text(request).then(async (input) => {
      const { connection: _connection, host: _host, ...headers } = request.headers;
      const sent = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
      const answer = await fetch(stack.aws.endpoint, { method: "POST", headers: sent, body: input });
      const body = await answer.text();
      const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
      const kept = Object.fromEntries(answer.headers);
      if (reading.includes(operation)) recorded.push({ operation, input, status: answer.status, headers: kept, body });
      response.writeHead(answer.status, kept).end(body);
    });
  });
  const lambdaArn = `arn:aws:lambda:${region}:${stack.accountId}:function:none`;
  await replaySecretsManagerVectors({
    endpoint: `http://127.0.0.1:${recorder.port}`,
    lambdaArn,
    scenarios: scenarioIds,
  });
});
afterAll(async () => stack.stop());

/** What both say of an answer; the SDK adds what it knows of the request. */
async function outcomeOf(read: () => Promise<object>): Promise<unknown> {
  try {
    const { $metadata: _metadata, ...members } = (await read()) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  } catch (error) {
    const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
}

const isWellFormed = ({ input }: Exchange): boolean => {
  try {
    return typeof JSON.parse(input) === "object";
  } catch {
    return false;
  }
};

test("what Secrets Manager answers in recorded scenarios is read as the SDK reads it", async () => {
  let answer: Exchange | undefined;
  const seen: string[] = [];
  await using server = await answeringHttp((request, response) => {
    void text(request).then((body) => {
      seen.push(body);
      response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
    });
  });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const sdk = new SecretsManagerClient({ endpoint, region, credentials: keys, maxAttempts: 1 });
  const signed = signedSecretsManager({ endpoint, region, maxAttempts: 1 }, variables);
  const abortSignal = AbortSignal.timeout(60_000);
  const exchanges = recorded.filter(isWellFormed);
  expect(new Set(exchanges.map(({ operation }) => operation))).toEqual(new Set(reading));
  for (answer of sampled(exchanges, 20)) {
    const input = JSON.parse(answer.input);
    const options = { abortSignal };
    const ways: Readonly<Record<string, readonly [theirs: () => Promise<object>, ours: () => Promise<object>]>> = {
      GetSecretValue: [
        async () => sdk.send(new GetSecretValueCommand(input)),
        async () => signed.getSecretValue(input, options),
      ],
      BatchGetSecretValue: [
        async () => sdk.send(new BatchGetSecretValueCommand(input)),
        async () => signed.batchGetSecretValue(input, options),
      ],
      DescribeSecret: [
        async () => sdk.send(new DescribeSecretCommand(input)),
        async () => signed.describeSecret(input, options),
      ],
    };
    const [expected, actual] = await Promise.all((ways[answer.operation] ?? []).map(outcomeOf));
    const isDescription = answer.operation === "DescribeSecret" && answer.status === 200;
    // Of a description, the members that are read; times of the others stay numbers.
    const read = (outcome: unknown): unknown => {
      if (!isDescription) return outcome;
      const { VersionIdsToStages, DeletedDate } = Object(outcome);
      return { VersionIdsToStages, DeletedDate };
    };
    expect(read(actual)).toEqual(read(expected));
  }
  sdk.destroy();
});

test("a request is signed as the SDK signs it", async () => {
  const header = fc.stringMatching(/^[!-~]{1,40}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }),
      fc.record(
        { accessKeyId: header, secretAccessKey: header, sessionToken: header },
        { requiredKeys: ["accessKeyId", "secretAccessKey"] },
      ),
      fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
      async (body, credentials, date) => {
        const host = "secretsmanager.eu-central-1.amazonaws.com";
        const headers = {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "secretsmanager.GetSecretValue",
        };
        // The SDK's own clients send no checksum of the body either.
        const signer = new SignatureV4({
          service: "secretsmanager",
          region,
          credentials,
          sha256: Sha256,
          applyChecksum: false,
        });
        const request = { method: "POST", protocol: "https:", hostname: host, path: "/", body };
        const theirs = await signer.sign({ ...request, headers: { ...headers, host } }, { signingDate: date });
        const unsigned = { host, body, headers, service: "secretsmanager", region, nowMs: date.getTime() };
        expect((await signedHeaders(unsigned, credentials))["authorization"]).toBe(theirs.headers["authorization"]);
      },
    ),
    { seed: 20_261_202 },
  );
});

const regions =
  "us-east-1 eu-central-1 ap-southeast-7 cn-north-1 us-gov-west-1 us-iso-east-1 us-isob-east-1 us-isof-south-1 eu-isoe-west-1 eusc-de-east-1";

test.each(regions.split(" "))("the endpoints of %s are the SDK's", async (name) => {
  const sdk = new SecretsManagerClient({ region: name, credentials: keys });
  const settings = [false, true].flatMap((useFips) => [false, true].map((useDualStack) => ({ useFips, useDualStack })));
  // In China there is no endpoint of FIPS; the SDK makes up two different ones.
  const compared = settings.filter(({ useFips }) => !(useFips && name.startsWith("cn-")));
  const theirs = compared.map(
    ({ useFips, useDualStack }) =>
      sdk.config.endpointProvider({ Region: name, UseFIPS: useFips, UseDualStack: useDualStack }).url.href,
  );
  expect(compared.map((one) => endpointOf("secretsmanager", { region: name, ...one }, {}).url.href)).toEqual(theirs);
  sdk.destroy();
});
