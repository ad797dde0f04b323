import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { slim } from "../../bundle/bundle-function.ts";
import { requireForCommonJs } from "../../bundle/node-module.ts";

const root = path.resolve(import.meta.dirname, "../..");

interface Client {
  send(command: object): Promise<object>;
  destroy(): void;
}
export type Sdk = Record<string, new (input: object) => object>;
export interface Request {
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
export const clients = [
  ["secrets-manager", "SecretsManagerClient", "PutSecretValueCommand", { SecretId: "db", SecretString: "x" }],
  ["eventbridge", "EventBridgeClient", "PutEventsCommand", { Entries: [{ Source: "rekey" }] }],
  ["sqs", "SQSClient", "SendMessageCommand", { QueueUrl: "http://127.0.0.1/queue", MessageBody: "x" }],
  ["dynamodb", "DynamoDBClient", "GetItemCommand", { TableName: "t", Key: { id: { S: "x" } } }],
  ["lambda", "LambdaClient", "InvokeCommand", { FunctionName: "rotate", Payload: Buffer.from("{}") }],
] as const;

/** AWS's clients as a package brings them and as they are in a function, before a server that answers what the test says. */
export interface SdkStage {
  /** From now on, to every call. */
  answers(answer: Answer): void;
  /** What the package's own client and the one in a function make of the same call. */
  both<Result>(name: string, use: (sdk: Sdk) => Promise<Result>): Promise<readonly [Result, Result]>;
  outcomeOf(
    sdk: Sdk,
    clientName: string,
    command: string,
    input: object,
    maxAttempts?: number,
  ): Promise<{ readonly answer: unknown; readonly requests: readonly Request[] }>;
  stop(): Promise<void>;
}

export async function startSdkStage(): Promise<SdkStage> {
  const calls: Request[] = [];
  let answer: Answer = { status: 500, body: {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      calls.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const { status, headers, body } = answer;
      response
        .writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers })
        .end(JSON.stringify(body));
    });
  });
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-sdk-"));
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
  const slimmed = (await import(pathToFileURL(outfile).href)) as Readonly<Record<string, Sdk>>;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    answers: (given) => void (answer = given),
    async both(name, use) {
      const whole = (await import(`@aws-sdk/client-${name}`)) as Sdk;
      return [await use(whole), await use(slimmed[name.replace("-", "")] ?? {})];
    },
    async outcomeOf(sdk, clientName, command, input, maxAttempts = 1) {
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
    },
    async stop() {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
