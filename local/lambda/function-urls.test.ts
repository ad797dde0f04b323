import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../stack.ts";

const code = `export const handler = async ({ rawPath, headers, requestContext, body }) =>
  ({ statusCode: 201, headers: { "x-path": rawPath }, body: [requestContext.http.method, headers.authorization, body].join(" ") });`;
let stack: Stack;
let folder: string;
let urls: readonly string[];

const resourcesOf = (name: string, actions: readonly string[]) => ({
  [`${name}Url`]: { Type: "AWS::Lambda::Url", Properties: { AuthType: "NONE", TargetFunctionArn: { Ref: name } } },
  [name]: {
    Type: "AWS::Lambda::Function",
    Properties: {
      Code: { S3Bucket: "b", S3Key: "k" },
      Handler: "index.handler",
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
      Runtime: "nodejs24.x",
    },
  },
  ...Object.fromEntries(
    actions.map((Action, at) => [
      `${name}Permission${at}`,
      { Type: "AWS::Lambda::Permission", Properties: { Action, FunctionName: { Ref: name }, Principal: "*" } },
    ]),
  ),
});

beforeAll(async () => {
  stack = await startStack();
  folder = await mkdtemp(join(tmpdir(), "rekey-url-"));
  await writeFile(join(folder, "index.mjs"), code);
  stack.useCode("b", "k", folder);
  const AssumeRolePolicyDocument = { Version: "2012-10-17", Statement: [] };
  const template = {
    Resources: {
      Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument } },
      ...resourcesOf("Open", ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]),
      ...resourcesOf("Half", ["lambda:InvokeFunctionUrl"]),
    },
    Outputs: {
      Open: { Value: { "Fn::GetAtt": ["OpenUrl", "FunctionUrl"] } },
      Half: { Value: { "Fn::GetAtt": ["HalfUrl", "FunctionUrl"] } },
    },
  };
  const templatePath = join(folder, "template.json");
  await writeFile(templatePath, JSON.stringify(template));
  const { outputs } = await stack.deploy({ templatePath, stackName: "urls" });
  urls = [outputs["Open"] ?? "", outputs["Half"] ?? ""];
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true });
});

test("a request becomes an event, and the function's answer the response", async () => {
  const answer = await fetch(`${urls[0]}keys?a=1`, {
    method: "POST",
    headers: { authorization: "Bearer k" },
    body: "{}",
  });
  expect([answer.status, answer.headers.get("x-path"), await answer.text()]).toEqual([
    201,
    "/keys",
    "POST Bearer k {}",
  ]);
});

test("nobody gets through without both permissions, nor a web page with them", async () => {
  expect((await fetch(urls[1] ?? "")).status).toBe(403);
  expect((await fetch(urls[0] ?? "", { headers: { origin: "https://evil.example" } })).status).toBe(403);
});

test("with its stack the address goes", async () => {
  await stack.stacks.remove("urls");
  await expect(fetch(urls[0] ?? "")).rejects.toThrow("fetch failed");
});
