import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requireForCommonJs, slim } from "../../bundle/bundle-function.ts";

const root = path.resolve(import.meta.dirname, "../..");

interface Client {
  send(command: object): Promise<object>;
  destroy(): void;
}
type Sdk = Record<string, new (input: object) => object>;
interface Request {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: object;
}

/** Each client of the functions' code, with an operation that they call. */
const clients = [
  ["secrets-manager", "SecretsManagerClient", "PutSecretValueCommand", { SecretId: "db", SecretString: "x" }],
  ["eventbridge", "EventBridgeClient", "PutEventsCommand", { Entries: [{ Source: "rekey" }] }],
  ["sqs", "SQSClient", "SendMessageCommand", { QueueUrl: "http://127.0.0.1/queue", MessageBody: "x" }],
  ["dynamodb", "DynamoDBClient", "GetItemCommand", { TableName: "t", Key: { id: { S: "x" } } }],
  ["lambda", "LambdaClient", "InvokeCommand", { FunctionName: "rotate", Payload: Buffer.from("{}") }],
] as const;

const calls: Request[] = [];
let answers: (call: number) => Answer;
let endpoint = "";
let folder = "";
let slimmed: Readonly<Record<string, Sdk>> = {};
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    calls.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const { status, headers, body } = answers(calls.length);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers }).end(JSON.stringify(body));
  });
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-sdk-"));
  const outfile = path.join(folder, "sdk.mjs");
  const contents = clients.map(([name]) => `export * as ${name.replace("-", "")} from "@aws-sdk/client-${name}";`);
  await build({
    ...slim,
    stdin: { contents: contents.join("\n"), resolveDir: root },
    absWorkingDir: root,
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    banner: { js: requireForCommonJs },
  });
  slimmed = (await import(pathToFileURL(outfile).href)) as typeof slimmed;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
beforeEach(() => {
  calls.length = 0;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** What the package's own client and the one in a function make of the same call. */
async function both<Result>(name: string, use: (sdk: Sdk) => Promise<Result>): Promise<readonly [Result, Result]> {
  const whole = (await import(`@aws-sdk/client-${name}`)) as Sdk;
  const ofWhole = await use(whole);
  calls.length = 0;
  return [ofWhole, await use(slimmed[name.replace("-", "")] ?? {})];
}

async function outcomeOf(sdk: Sdk, clientName: string, command: string, input: object, maxAttempts = 1) {
  const { [clientName]: ClientClass = Object, [command]: Command = Object } = sdk;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new ClientClass({ endpoint, region: "us-east-1", credentials, maxAttempts }) as Client;
  const first = calls.length;
  try {
    const answer = await client.send(new Command(input)).catch((error: unknown) => error);
    return { answer, requests: calls.slice(first) };
  } finally {
    client.destroy();
  }
}

const sent = ({ url, headers, body }: Request): object => {
  const { "x-amz-target": target, "content-type": type, "content-length": length } = headers;
  return { url, target, type, length, body: body === "" ? "" : (JSON.parse(body) as object) };
};

test("these are the clients that the functions' code makes", async () => {
  const wiring = await readFile(path.join(root, "shared/runtime/aws-clients.ts"), "utf8");
  const made = [...wiring.matchAll(/@aws-sdk\/client-([a-z-]+)/g)].map(([, name]) => name);
  expect(new Set(made)).toEqual(new Set(clients.map(([name]) => name)));
});

describe.each(clients)("%s as it is in a function", (name, client, command, input) => {
  test("sends its operations to hosts without words before their names", async () => {
    const whole: object = await import(`@aws-sdk/client-${name}`);
    const operations = Object.values(whole).filter((schema) => Array.isArray(schema) && schema[0] === 9) as object[][];
    expect(operations.length).toBeGreaterThan(10);
    expect(operations.filter(([, , , traits]) => typeof traits === "object" && "endpoint" in traits)).toEqual([]);
  });

  test("tells every error apart as the package does", async () => {
    const whole = (await import(`@aws-sdk/client-${name}`)) as Sdk;
    const Base = Object.entries(whole).find(([key]) => /^(?!__).*ServiceException$/.test(key))?.[1] ?? Object;
    const known = Object.keys(whole).filter((key) => whole[key]?.prototype instanceof Base);
    expect(known.length).toBeGreaterThan(5);
    for (const type of [...known, "AccessDeniedException", "ThrottlingException", "SomethingNewException"]) {
      for (const status of [400, 500]) {
        const headers = { "x-amzn-errortype": type };
        answers = () => ({
          status,
          headers,
          body: { __type: `com.example#${type}`, message: "why", Reason: "because" },
        });
        const [ofWhole, ofSlim] = await both(name, async (sdk) => {
          const { answer: error } = await outcomeOf(sdk, client, command, input);
          const { $retryable, ...facts } = { ...(error as Record<string, unknown>) };
          const { $metadata, message, stack, $response, ...own } = facts;
          void [stack, $response];
          const { [type]: Class = Error, [Base.name]: AnyOfThem = Error } = sdk;
          const isTheirs = [error instanceof Class, error instanceof AnyOfThem, error instanceof Error];
          const { httpStatusCode } = $metadata as { httpStatusCode: number };
          return { own: JSON.parse(JSON.stringify(own)) as object, message, $retryable, isTheirs, httpStatusCode };
        });
        expect(ofSlim).toEqual(ofWhole);
        expect(ofSlim.httpStatusCode).toBe(status);
      }
    }
  });
});

test.each([
  [400, "ThrottlingException", {}, 3],
  [503, "ServiceUnavailable", {}, 3],
  [400, "AccessDeniedException", {}, 1],
  [403, "RequestTimeTooSkewed", { date: new Date(Date.now() + 3_600_000).toUTCString() }, 3],
])("after %d %s a function's client tries as often as the package's, by the same clock", async (...given) => {
  const [status, type, headers, tries] = given;
  answers = () => ({ status, headers, body: { __type: type } });
  const [name, client, command, input] = clients[0];
  const [ofWhole, ofSlim] = await both(name, async (sdk) => {
    const { requests } = await outcomeOf(sdk, client, command, input, 3);
    return requests.map(({ headers: { "x-amz-date": signed } }) => String(signed).slice(0, 11));
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).toHaveLength(tries);
});

test.each([
  [
    "secrets-manager",
    "SecretsManagerClient",
    "PutSecretValueCommand",
    {
      SecretId: "db",
      ClientRequestToken: "t".repeat(36),
      SecretString: 'pässwörd "\\\u2028\u0000 😀',
      VersionStages: ["AWSPENDING"],
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "PutSecretValueCommand",
    {
      SecretId: "db",
      ClientRequestToken: "t".repeat(36),
      SecretBinary: Buffer.from([0, 255, 1]),
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "ListSecretsCommand",
    {
      Filters: [{ Key: "tag-key", Values: ["rekey"] }],
      MaxResults: 100,
      IncludePlannedDeletion: false,
      NextToken: undefined,
    },
  ],
  [
    "eventbridge",
    "EventBridgeClient",
    "PutEventsCommand",
    {
      Entries: [
        { Time: new Date("2026-12-01T02:03:04.567Z"), Source: "rekey", Detail: '{"a":1}', Resources: ["arn:x"] },
      ],
    },
  ],
  [
    "sqs",
    "SQSClient",
    "SendMessageCommand",
    {
      QueueUrl: "http://127.0.0.1/queue",
      MessageBody: "é",
      DelaySeconds: 0,
      MessageAttributes: { a: { DataType: "Binary", BinaryValue: Buffer.from("b") } },
    },
  ],
  [
    "dynamodb",
    "DynamoDBClient",
    "PutItemCommand",
    {
      TableName: "t",
      Item: { n: { N: "1.50" }, b: { B: Buffer.from("b") }, l: { L: [{ NULL: true }, { BOOL: false }] }, m: { M: {} } },
    },
  ],
  [
    "lambda",
    "LambdaClient",
    "InvokeCommand",
    {
      FunctionName: "arn:aws:lambda:us-east-1:123456789012:function:rotate",
      InvocationType: "RequestResponse",
      Payload: Buffer.from('{"Step":"testSecret"}'),
    },
  ],
] as const)("%s: %s %s is sent as the package sends it", async (name, client, command, input) => {
  answers = () => ({ status: 200, body: {} });
  const [ofWhole, ofSlim] = await both(name, async (sdk) => {
    const { requests } = await outcomeOf(sdk, client, command, input);
    return requests.map(sent);
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).toHaveLength(1);
});

test.each([
  [
    "secrets-manager",
    "SecretsManagerClient",
    "DescribeSecretCommand",
    { SecretId: "db" },
    {
      ARN: "arn:x",
      CreatedDate: 1_798_761_600.123,
      LastRotatedDate: 1.7987616e9,
      NextRotationDate: null,
      RotationRules: { AutomaticallyAfterDays: 30 },
      Tags: [{ Key: "a", Value: "b" }],
      VersionIdsToStages: { v: ["AWSCURRENT"], __proto_: [] },
      SomethingNew: { a: 1 },
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "GetSecretValueCommand",
    { SecretId: "db" },
    {
      SecretString: '{"n":12345678901234567890}',
      SecretBinary: "AP8B",
      CreatedDate: 1_798_761_600,
    },
  ],
  [
    "eventbridge",
    "EventBridgeClient",
    "PutEventsCommand",
    { Entries: [{}] },
    {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "InternalFailure", ErrorMessage: "m" }],
    },
  ],
  [
    "dynamodb",
    "DynamoDBClient",
    "GetItemCommand",
    { TableName: "t", Key: { id: { S: "x" } } },
    {
      Item: { n: { N: "12345678901234567890.5" }, b: { B: "AP8B" }, l: { L: [{ NULL: true }] }, ns: { NS: ["1"] } },
    },
  ],
] as const)("%s: what %s %s answers is read as the package reads it", async (name, client, command, input, body) => {
  answers = () => ({ status: 200, body });
  const [ofWhole, ofSlim] = await both(name, async (sdk) => {
    const { answer } = await outcomeOf(sdk, client, command, input);
    return answer;
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).not.toBeInstanceOf(Error);
});

test("a client without a region says so", async () => {
  const { AWS_REGION = "" } = process.env;
  delete process.env["AWS_REGION"];
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  const problems = await both("secrets-manager", async ({ SecretsManagerClient: ClientClass = Object }) => {
    const { config } = new ClientClass({}) as { config: { region(): Promise<string> } };
    return config.region().catch((error: unknown) => (error as Error).message);
  });
  delete process.env["AWS_EC2_METADATA_DISABLED"];
  if (AWS_REGION !== "") process.env["AWS_REGION"] = AWS_REGION;
  expect(problems).toEqual(["Region is missing", "Region is missing"]);
});
