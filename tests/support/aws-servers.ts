import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { startStack } from "../../local/stack.ts";
import { outsideProgram } from "./outside-program.ts";
import { startPythonServer } from "./python-server.ts";

const region = "us-east-1";
const accountId = "123456789012";

/** A running server that speaks AWS's protocols on loopback. */
export interface AwsUnderTest {
  readonly endpoint: string;
  /** What an SDK client is made with. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  /** A function that does nothing and that RotateSecret takes. */
  readonly idleFunctionArn: string;
  stop(): Promise<void>;
}

export type AwsServerName = "the local stack" | "moto" | "ministack";

export interface AwsServer {
  readonly name: AwsServerName;
  /** Its program is not here. */
  readonly absent: boolean;
  /** `port`: for ministack, whose functions are told of the port that it was started with; 0 is a free one. */
  start(port?: number): Promise<AwsUnderTest>;
}

/** ministack takes a key of 12 digits for the account's number. */
const configFor = (endpoint: string): AwsUnderTest["clientConfig"] => ({
  endpoint,
  region,
  credentials: { accessKeyId: accountId, secretAccessKey: "test" },
  maxAttempts: 1,
});

/** An archive without a file. */
const emptyZip = Buffer.concat([Buffer.from("PK\u0005\u0006", "latin1"), Buffer.alloc(18)]);

/** moto makes a function only for a role that Lambda may assume. */
async function createIdleFunction(endpoint: string): Promise<string> {
  const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const role = {
    Action: "CreateRole",
    Version: "2010-05-08",
    RoleName: "idle",
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
  };
  await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/iam/aws4_request` },
    body: new URLSearchParams(role),
  });
  const lambda = new LambdaClient(configFor(endpoint));
  try {
    const created = await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "idle",
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: `arn:aws:iam::${accountId}:role/idle`,
        Code: { ZipFile: emptyZip },
      }),
    );
    return created.FunctionArn ?? "";
  } finally {
    lambda.destroy();
  }
}

const moto = outsideProgram("REKEY_MOTO", "PyPI: moto[server]");
const ministack = outsideProgram("REKEY_MINISTACK", "PyPI: ministack");

async function startMoto(): Promise<AwsUnderTest> {
  const { endpoint, stop } = await startPythonServer(moto ?? "", ["-H", "127.0.0.1", "-p", "0"], {});
  try {
    // Else it would run a function in docker.
    const config = JSON.stringify({ lambda: { use_docker: false } });
    await fetch(`${endpoint}/moto-api/config`, { method: "POST", body: config });
    const idleFunctionArn = await createIdleFunction(endpoint);
    return { endpoint, clientConfig: configFor(endpoint), idleFunctionArn, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMinistack(port = 0): Promise<AwsUnderTest> {
  const { endpoint, stop } = await startPythonServer(ministack ?? "", [], {
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
  });
  const idleFunctionArn = `arn:aws:lambda:${region}:${accountId}:function:idle`;
  return { endpoint, clientConfig: configFor(endpoint), idleFunctionArn, stop };
}

export async function startLocalStack(): Promise<AwsUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-idle-"));
  const bundlePath = join(folder, "index.mjs");
  await writeFile(bundlePath, "export const handler = async () => null;");
  const stack = await startStack({ region, accountId });
  const { endpoint } = stack.aws;
  const stop = async (): Promise<void> => {
    await stack.stop();
    await rm(folder, { recursive: true });
  };
  const idleFunctionArn = await stack.lambda.deploy({ name: "idle", bundlePath });
  const lambda = new LambdaClient(configFor(endpoint));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: "idle",
      StatementId: "secrets-manager",
      Action: "lambda:InvokeFunction",
      Principal: "secretsmanager.amazonaws.com",
    }),
  );
  lambda.destroy();
  return { endpoint, clientConfig: configFor(endpoint), idleFunctionArn, stop };
}

export const awsServers: readonly AwsServer[] = [
  { name: "the local stack", absent: false, start: startLocalStack },
  { name: "moto", absent: moto === undefined, start: startMoto },
  { name: "ministack", absent: ministack === undefined, start: startMinistack },
];
