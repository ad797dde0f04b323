import { zipSync, strToU8 } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack.stop());

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
});
/** An answer of CloudFormation, as XML. */
async function ask(Action: string, input: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await fetch(stack.aws.endpoint, {
    method: "POST",
    headers: { ...signedFor("cloudformation"), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Action, Version: "2010-05-15", ...input }),
  });
  return answer.text();
}
async function put(path: string, body: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const url = `${stack.aws.endpoint}/${path}`;
  const answer = await fetch(url, { method: "PUT", headers: signedFor("s3"), body });
  expect(answer.status).toBe(200);
  return url;
}
const all = (xml: string, element: string): readonly (string | undefined)[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "gu"))].map(([, text]) => text);

const queue = (seconds: number): string => `
Parameters: { Name: { Type: String, Default: jobs }, Word: { Type: String, NoEcho: true, Default: hidden } }
Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Name, VisibilityTimeout: ${seconds} } } }
Outputs: { Url: { Value: !Ref Q, Description: where it is } }`;
const parameter = (key: string, value: string, n = 1): Readonly<Record<string, string>> => ({
  [`Parameters.member.${n}.ParameterKey`]: key,
  [`Parameters.member.${n}.ParameterValue`]: value,
});

test("a stack is made, described, updated with its former parameters, and deleted", async () => {
  const StackName = "direct";
  const made = await ask("CreateStack", { StackName, TemplateBody: queue(30), ...parameter("Name", "mine") });
  const [id = ""] = all(made, "StackId");
  const described = await ask("DescribeStacks", { StackName });
  expect(all(described, "StackStatus")).toEqual(["CREATE_COMPLETE"]);
  expect(all(described, "OutputValue")[0]).toMatch(/\/mine$/u);
  expect(all(described, "ParameterValue")).toEqual(["mine", "****"]);
  const kept = { "Parameters.member.1.ParameterKey": "Name", "Parameters.member.1.UsePreviousValue": "true" };
  await ask("UpdateStack", { StackName, TemplateBody: queue(60), ...kept });
  expect(all(await ask("DescribeStackEvents", { StackName }), "ResourceStatus").slice(0, 3)).toEqual([
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_IN_PROGRESS",
  ]);
  expect(all(await ask("UpdateStack", { StackName, UsePreviousTemplate: "true", ...kept }), "Message")).toEqual([
    "No updates are to be performed.",
  ]);
  expect(all(await ask("ListStackResources", { StackName }), "LogicalResourceId")).toEqual(["Q"]);
  await ask("DeleteStack", { StackName });
  expect(all(await ask("DescribeStacks", { StackName }), "Message")).toEqual(["Stack with id direct does not exist"]);
  expect(all(await ask("DescribeStacks", { StackName: id }), "StackStatus")).toEqual(["DELETE_COMPLETE"]);
});

test("a change set says what it would do, does it once, and has nothing to do the second time", async () => {
  await put("templates", "");
  const TemplateURL = await put("templates/queue.yaml", queue(30));
  const set = { StackName: "planned", ChangeSetName: "first" };
  await ask("CreateChangeSet", { ...set, ChangeSetType: "CREATE", TemplateURL });
  expect(all(await ask("DescribeStacks", { StackName: "planned" }), "StackStatus")).toEqual(["REVIEW_IN_PROGRESS"]);
  const described = await ask("DescribeChangeSet", set);
  expect([all(described, "Action"), all(described, "Status")]).toEqual([["Add"], ["CREATE_COMPLETE"]]);
  await ask("ExecuteChangeSet", set);
  expect(all(await ask("DescribeStacks", { StackName: "planned" }), "StackStatus")).toEqual(["CREATE_COMPLETE"]);
  await ask("CreateChangeSet", { ...set, TemplateURL, ...parameter("Name", "renamed") });
  const renamed = await ask("DescribeChangeSet", set);
  expect([all(renamed, "Action"), all(renamed, "Replacement")]).toEqual([["Modify"], ["True"]]);
  await ask("ExecuteChangeSet", set);
  await ask("CreateChangeSet", { ...set, TemplateURL, ...parameter("Name", "renamed") });
  expect(all(await ask("DescribeChangeSet", set), "StatusReason")[0]).toContain("didn't contain changes");
});

test("a stack that fails says so in its status and its events, and not in the answer", async () => {
  const input = { StackName: "failing", TemplateBody: queue(99_999), ...parameter("Name", "failing") };
  expect(all(await ask("CreateStack", input), "StackId")).toHaveLength(1);
  const described = await ask("DescribeStacks", { StackName: "failing" });
  expect(all(described, "StackStatus")).toEqual(["ROLLBACK_COMPLETE"]);
  expect(all(described, "StackStatusReason")[0]).toContain("Q: Invalid value for the parameter VisibilityTimeout");
});

const role = (properties: string): string =>
  `Resources: { R: { Type: AWS::IAM::Role, Properties: { ${properties} AssumeRolePolicyDocument: {} } } }`;
test.each([
  ["an IAM role", role(""), "CAPABILITY_IAM"],
  ["a role with a name", role("RoleName: one,"), "CAPABILITY_NAMED_IAM"],
])("%s must be acknowledged", async (_what, TemplateBody, capability) => {
  expect(all(await ask("ValidateTemplate", { TemplateBody }), "member")).toContain(capability);
  const input = { StackName: "role", TemplateBody };
  expect(all(await ask("CreateStack", input), "Message")).toEqual([`Requires capabilities : [${capability}]`]);
});

test.each([
  [
    "longer than what may be sent with a request",
    `Description: ${"d".repeat(51_200)}\nResources: {}`,
    "less than or equal to 51200",
  ],
  [
    "with a function out of its place",
    "Conditions: { C: !GetAtt A.B }\nResources: {}",
    "Conditions: C uses Fn::GetAtt",
  ],
])("a template %s is refused", async (_what, TemplateBody, message) => {
  expect(all(await ask("ValidateTemplate", { TemplateBody }), "Message")[0]).toContain(message);
});

test("a function's code comes from a zip in a bucket, or from a folder that the stack was told of", async () => {
  await put("code", "");
  const zip = zipSync({ "index.mjs": strToU8("export const handler = async () => 'from the zip';") });
  await put("code/fn.zip", zip);
  stack.useCode("assets", "abc.zip", "/nowhere/but/known");
  const fn = (bucket: string, key: string): string =>
    `{ Type: AWS::Lambda::Function, Properties: { Code: { S3Bucket: ${bucket}, S3Key: ${key} }, Handler: index.handler, Role: !GetAtt R.Arn } }`;
  const body = (code: string): string => `Resources:\n  R: { Type: AWS::IAM::Role }\n  F: ${code}`;
  const deploy = async (name: string, code: string) =>
    stack.stacks.deploy({ name, folder: "/", parameters: {}, body: body(code) });
  await deploy("zipped", fn("code", "fn.zip"));
  const arn = "arn:aws:lambda:us-east-1:123456789012:function:zipped-F";
  expect(await stack.lambda.invoke(arn, {})).toEqual({ ok: true, payload: "from the zip" });
  await expect(deploy("assets", fn("assets", "abc.zip"))).resolves.toMatchObject({ status: "CREATE_COMPLETE" });
  await expect(deploy("missing", fn("code", "other.zip"))).rejects.toThrow(
    "F: there is no code at s3://code/other.zip",
  );
});
