import type { IncomingMessage, ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answeringHttp, type LoopbackServer } from "../../../tests/support/listening.ts";
import { credentialsOf } from "./credentials.ts";

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

const expiration = "2027-01-01T06:00:00Z";
const startMs = Date.parse("2027-01-01T00:00:00Z");
const answer = {
  AccessKeyId: "AKIATEST",
  SecretAccessKey: "canary-secret",
  Token: "canary-token",
  Expiration: expiration,
};
const keys = { accessKeyId: "AKIATEST", secretAccessKey: "canary-secret", sessionToken: "canary-token" };
const nowhere = { AWS_EC2_METADATA_DISABLED: "true" };

let requests: string[];
let reply: Reply;
let server: LoopbackServer;
let base: string;

beforeEach(async () => {
  requests = [];
  reply = (_request, response) => void response.end(JSON.stringify(answer));
  server = await answeringHttp((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? ""}`.trim());
    reply(request, response);
  });
  base = `http://127.0.0.1:${server.port}`;
});
afterEach(async () => server.stop());

const codeOf = async (reading: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await reading.then(
    () => "read",
    (thrown: unknown) => thrown,
  );
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
  return Reflect.get(Object(error), "code") ?? error;
};

test("variables come first, and nobody is asked", async () => {
  const { keys: read } = credentialsOf({
    AWS_ACCESS_KEY_ID: "AKIAVARIABLE",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_SESSION_TOKEN: "",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: base,
  });
  expect(await read()).toEqual({ accessKeyId: "AKIAVARIABLE", secretAccessKey: "s", sessionToken: undefined });
  expect(requests).toEqual([]);
});

test.each(["AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])(
  "%s is left to the SDK, and no other role is taken",
  async (name) => {
    const { keys: read } = credentialsOf({ [name]: "x", AWS_CONTAINER_CREDENTIALS_FULL_URI: base });
    await expect(read()).rejects.toMatchObject({
      code: "credentials-missing",
      hint: expect.stringContaining("rekey/client/secrets-manager"),
    });
    expect(requests).toEqual([]);
  },
);

test("nothing at all is said as that", async () => {
  expect(await codeOf(credentialsOf(nowhere).keys())).toBe("credentials-missing");
});

test("a container's endpoint is asked with its token, once for all who wait, and again before the keys expire", async () => {
  let nowMs = startMs;
  const variables = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${base}/v1/keys`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "token-1",
  };
  const { keys: read, forget } = credentialsOf(variables, () => nowMs);
  expect(await Promise.all([read(), read(), read()])).toMatchObject([keys, keys, keys]);
  nowMs = Date.parse(expiration) - 6 * 60_000;
  await read();
  expect(requests).toEqual(["GET /v1/keys token-1"]);
  nowMs = Date.parse(expiration) - 4 * 60_000;
  await read();
  expect(requests).toHaveLength(2);
  forget();
  await read();
  expect(requests).toHaveLength(3);
});

test("keys that cannot be renewed serve until they expire", async () => {
  let nowMs = startMs;
  const { keys: read } = credentialsOf({ ...nowhere, AWS_CONTAINER_CREDENTIALS_FULL_URI: base }, () => nowMs);
  await read();
  reply = (_request, response) => void response.writeHead(500).end();
  nowMs = Date.parse(expiration) - 60_000;
  expect(await read()).toMatchObject(keys);
  nowMs = Date.parse(expiration) + 1;
  expect(await codeOf(read())).toBe("credentials-missing");
});

test("EKS's token is read from its file each time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rekey-token-"));
  try {
    const file = join(folder, "token");
    const variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI: base, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file };
    const { keys: read, forget } = credentialsOf(variables);
    expect(await codeOf(read())).toBe("credentials-missing");
    await writeFile(file, "one\n");
    await read();
    await writeFile(file, "two\n");
    forget();
    await read();
    await writeFile(file, "canary\r\nx-injected: 1");
    forget();
    expect(await codeOf(read())).toBe("credentials-missing");
    expect(requests).toEqual(["GET / one", "GET / two"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  "http://169.254.170.2.evil.invalid/",
  "http://10.0.0.1/",
  "http://[fd00:ec2::24]/",
  "ftp://127.0.0.1/",
  "not an address",
])("the token is not sent to %s", async (address) => {
  const variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI: address, AWS_CONTAINER_AUTHORIZATION_TOKEN: "canary" };
  expect(await codeOf(credentialsOf(variables).keys())).toBe("credentials-missing");
});

const instance = (): Readonly<Record<string, string>> => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: base });
const imds: Reply = (request, response) => {
  const isSession = request.method === "PUT" && request.url === "/latest/api/token";
  if (isSession) return void response.end("canary-session");
  if (request.headers["x-aws-ec2-metadata-token"] !== "canary-session") return void response.writeHead(401).end();
  const isList = request.url === "/latest/meta-data/iam/security-credentials/";
  response.end(isList ? "the-role\n" : JSON.stringify({ Code: "Success", ...answer }));
};

test("an instance's role is read by version 2 alone", async () => {
  reply = imds;
  expect(await credentialsOf(instance()).keys()).toMatchObject(keys);
  expect(requests).toEqual([
    "PUT /latest/api/token",
    "GET /latest/meta-data/iam/security-credentials/",
    "GET /latest/meta-data/iam/security-credentials/the-role",
  ]);
});

test("an instance's endpoint that fails at first is asked again", async () => {
  let failures = 2;
  reply = (request, response) => (failures-- > 0 ? void response.writeHead(503).end() : imds(request, response));
  expect(await credentialsOf(instance()).keys()).toMatchObject(keys);
});

const lies: readonly (readonly [string, Reply])[] = [
  ["refuses", (_request, response) => void response.writeHead(403).end("canary")],
  ["has no role", (request, response) => void response.end(request.method === "PUT" ? "t" : "")],
  ["answers no JSON", (request, response) => void response.end(request.method === "PUT" ? "t" : "canary")],
  [
    "answers half of the keys",
    (request, response) => void response.end(request.method === "PUT" ? "t" : '{"AccessKeyId":"canary"}'),
  ],
  ["has a session of two lines", (_request, response) => void response.end("canary\r\nx: 1")],
  [
    "cuts its answer",
    (_request, response) =>
      void response.writeHead(200, { "content-length": "99" }).write("canary", () => response.destroy()),
  ],
];

test.each(lies)("an instance's endpoint that %s is told by code", async (_what, lie) => {
  reply = lie;
  expect(await codeOf(credentialsOf(instance()).keys())).toBe("credentials-missing");
});
