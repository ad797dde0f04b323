import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { rotationFunctions } from "../../deploy/template/functions/rotation.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { list, record, text, textList } from "../../local/aws/members.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { sdkCalls, type Source } from "../support/sdk-calls.ts";
import { policiesOf } from "../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../..");
const template = readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8"));
const policies = new Map(policiesOf(template).map(({ logicalId, document }) => [logicalId, document]));
const functions = Object.entries(template.Resources)
  .filter(([, { Type }]) => Type === "AWS::Serverless::Function")
  .map(([logicalId, resource]) => ({ logicalId, properties: record(resource, "Properties") }));

const docComment = /\/\*\*[\s\S]*?\*\//gu;

/** The repository's own source files that the bundle is made of, without the examples in their comments. */
function sourcesOf(properties: Members): readonly Source[] {
  const folder = resolve(root, text(properties, "CodeUri").replace("dist/functions", "dist/maps"));
  const map: unknown = JSON.parse(readFileSync(resolve(folder, "index.mjs.map"), "utf8"));
  return textList(isMembers(map) ? map : {}, "sources")
    .map((source) => resolve(folder, source))
    .filter((file) => file.startsWith(resolve(root, "shared")) || file.startsWith(resolve(root, "functions")))
    .map((file) => ({ file, text: readFileSync(file, "utf8").replaceAll(docComment, "") }));
}

const getAtt = (value: unknown): string => {
  const target = isMembers(value) ? value["Fn::GetAtt"] : undefined;
  return Array.isArray(target) ? String(target[0]) : "";
};
const roleOf = (properties: Members): string => getAtt(properties["Role"]);
const statementsOf = (properties: Members): readonly Members[] =>
  list(policies.get(roleOf(properties)) ?? {}, "Statement").filter(isMembers);
const actionsOf = (statement: Members): readonly string[] =>
  typeof statement["Action"] === "string" ? [statement["Action"]] : textList(statement, "Action");
const sorted = (items: Iterable<string>): readonly string[] => [...new Set(items)].sort();

/** What Lambda does with the function's role beside its code: it takes from the queue and writes the log. */
function lambdasOwn(properties: Members): readonly string[] {
  const queue = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
  return ["logs:CreateLogStream", "logs:PutLogEvents", ...(properties["Events"] === undefined ? [] : queue)];
}

test.each(functions)(
  "$logicalId's role may make the calls that its code and Lambda make, and no other",
  ({ properties }) => {
    const allowed = statementsOf(properties).flatMap(actionsOf);
    const calls = sdkCalls(sourcesOf(properties));
    expect(calls.size).toBeGreaterThan(0);
    const expected = [...calls, ...lambdasOwn(properties)];
    expect(sorted(allowed.filter((action) => !action.startsWith("kms:")))).toEqual(sorted(expected));
  },
);

/** What a call asks of the key that its data is under, on behalf of the caller. Sources: the services' guides on encryption. */
const asksOfTheKey: Readonly<
  Record<string, { readonly key: "secrets" | "data"; readonly actions: readonly string[] }>
> = {
  "dynamodb:UpdateItem": { key: "data", actions: ["kms:Decrypt"] },
  "secretsmanager:GetSecretValue": { key: "secrets", actions: ["kms:Decrypt"] },
  "secretsmanager:PutSecretValue": { key: "secrets", actions: ["kms:Decrypt", "kms:GenerateDataKey"] },
  "sqs:ReceiveMessage": { key: "data", actions: ["kms:Decrypt"] },
  "sqs:SendMessage": { key: "data", actions: ["kms:Decrypt", "kms:GenerateDataKey"] },
};

test.each(functions)(
  "$logicalId's role may use each key for what its calls ask of it, through the services that it calls, and for nothing else",
  ({ properties }) => {
    const statements = statementsOf(properties);
    const usesOf = (key: string): Members => {
      const of = statements.filter(({ Resource }) => String(Resource).endsWith(`:key/${key}`));
      const via = of.map((statement) => record(record(statement, "Condition"), "StringEquals")["kms:ViaService"]);
      return { actions: sorted(of.flatMap(actionsOf)), via: sorted(via.flat().map(String)) };
    };
    const calls = sorted(statements.flatMap(actionsOf));
    const expectedOf = (key: string): Members => {
      const asking = calls.filter((call) => asksOfTheKey[call]?.key === key);
      return {
        actions: sorted(asking.flatMap((call) => asksOfTheKey[call]?.actions ?? [])),
        via: sorted(asking.map((call) => `${call.split(":")[0]}.us-east-1.amazonaws.com`)),
      };
    };
    expect({ secrets: usesOf("secrets"), data: usesOf("data") }).toEqual({
      secrets: expectedOf("secrets"),
      data: expectedOf("data"),
    });
  },
);

const publishers = functions.filter(({ properties }) =>
  statementsOf(properties).flatMap(actionsOf).includes("events:PutEvents"),
);

test.each(publishers)(
  "$logicalId's role may publish the events that its code publishes, as rekey, and no other",
  ({ properties }) => {
    const types = sourcesOf(properties).flatMap(({ text: source }) =>
      [...source.matchAll(/\btype: "(Secret [A-Z][A-Za-z ]+)"/gu)].map(([, type = ""]) => type),
    );
    const puts = statementsOf(properties).filter((statement) => actionsOf(statement).includes("events:PutEvents"));
    const conditions = puts.map((statement) => record(record(statement, "Condition"), "StringEquals"));
    expect(conditions).toEqual([{ "events:source": "rekey", "events:detail-type": expect.anything() }]);
    expect(sorted(textList(conditions[0] ?? {}, "events:detail-type"))).toEqual(sorted(types));
  },
);

test("the bus takes events of rekey from the role of each function that publishes, and from no other role of the template", () => {
  const statement = record(record(template.Resources["RekeysOwnEvents"] ?? {}, "Properties"), "Statement");
  const named = JSON.stringify(record(record(statement, "Condition"), "ArnNotEquals")["aws:PrincipalArn"]);
  const roles = [...named.matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/gu)].map(([, role = ""]) => role);
  expect(sorted(roles)).toEqual(sorted(publishers.map(({ properties }) => roleOf(properties))));
});

test.each(functions)("$logicalId has a role of its own that only Lambda may assume", ({ logicalId, properties }) => {
  expect(functions.filter((other) => roleOf(other.properties) === roleOf(properties))).toHaveLength(1);
  const resource = template.Resources[roleOf(properties)] ?? {};
  expect(resource["Condition"]).toBe(template.Resources[logicalId]?.["Condition"]);
  const role = record(resource, "Properties");
  // IAM takes 64 characters; the prefix may have 20.
  const [, name = ""] = /\$\{AWS::StackName\}-(.+)"/u.exec(JSON.stringify(properties["FunctionName"])) ?? [];
  expect(JSON.stringify(role["RoleName"])).toContain(`"\${RoleNamePrefix}-${name}-\${AWS::Region}"`);
  expect(`${"p".repeat(20)}-${name}-ap-southeast-2`.length).toBeLessThanOrEqual(64);
  expect(list(record(role, "AssumeRolePolicyDocument"), "Statement")).toEqual([
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ]);
  expect(role).toMatchObject({
    Path: { Ref: "RolePath" },
    PermissionsBoundary: {
      "Fn::If": ["HasPermissionsBoundary", { Ref: "PermissionsBoundaryArn" }, { Ref: "AWS::NoValue" }],
    },
    RoleName: { "Fn::If": ["HasRoleNamePrefix", expect.anything(), { Ref: "AWS::NoValue" }] },
  });
});

test.each(functions)(
  "$logicalId's role names its actions and resources, and takes from its own queue",
  ({ properties }) => {
    const statements = statementsOf(properties);
    expect(statements.flatMap(actionsOf).filter((action) => action.includes("*"))).toEqual([]);
    const open = statements.filter(({ Resource }) => Resource === undefined || Resource === "*");
    expect(open.flatMap(actionsOf).filter((action) => action !== "secretsmanager:ListSecrets")).toEqual([]);
    const event = record(record(record(properties, "Events"), "Queue"), "Properties");
    const taken = statements.filter((statement) => actionsOf(statement).includes("sqs:ReceiveMessage"));
    const arn = `arn:aws:sqs:us-east-1:123456789012:${getAtt(event["Queue"])}`;
    expect(taken.map(({ Resource }) => Resource)).toEqual(event["Queue"] === undefined ? [] : [arn]);
  },
);

const rotating = functions.filter(({ logicalId }) => logicalId.startsWith("Rotate"));

test.each(rotating)(
  "$logicalId's role touches a secret that is to be rotated where it is that secret's function",
  ({ properties }) => {
    expect(rotating).toHaveLength(rotationFunctions.length);
    const [, name = ""] = /\$\{AWS::StackName\}-(.+)"/u.exec(JSON.stringify(properties["FunctionName"])) ?? [];
    const own = `arn:aws:lambda:us-east-1:123456789012:function:rekey-${name}`;
    const touching = statementsOf(properties).filter((statement) =>
      actionsOf(statement).some((action) => action.startsWith("secretsmanager:")),
    );
    // What it only reads, an admin's secret or Vault's credential, is named by its full ARN.
    const others = touching.filter(({ Resource }) => JSON.stringify(Resource).includes("*"));
    expect(others.map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { "secretsmanager:resource/AllowRotationLambdaArn": own } },
    ]);
  },
);

const shared = ["NetworkInterfaces", "TraceSegments"];

test("what all roles share is Lambda's own business, only where it is needed, and code in the functions may not do it", () => {
  const attached = functions.map(
    ({ properties }) => record(template.Resources[roleOf(properties)] ?? {}, "Properties")["ManagedPolicyArns"],
  );
  const none = { Ref: "AWS::NoValue" };
  const expected = [
    { "Fn::If": ["InVpc", { Ref: "NetworkInterfaces" }, none] },
    { "Fn::If": ["HasTracing", { Ref: "TraceSegments" }, none] },
  ];
  expect(attached).toEqual(functions.map(() => expected));
  expect(shared.map((logicalId) => template.Resources[logicalId]?.["Condition"])).toEqual(["InVpc", "HasTracing"]);
  const statements = list(policies.get("NetworkInterfaces") ?? {}, "Statement").filter(isMembers);
  const of = (effect: string): readonly string[] =>
    sorted(statements.filter(({ Effect }) => Effect === effect).flatMap(actionsOf));
  expect(of("Deny")).toEqual(of("Allow"));
  expect(sorted(of("Allow").map((action) => action.split(":")[0] ?? ""))).toEqual(["ec2"]);
});

test("the endpoints that the template can make are those of the services that the functions call", () => {
  const endpoints = readTemplate(readFileSync(resolve(root, "templates/vpc-endpoints.yaml"), "utf8")).Resources;
  const reached = Object.values(endpoints)
    .filter(({ Type }) => Type === "AWS::EC2::VPCEndpoint")
    .map(
      (endpoint) =>
        text(record(record(endpoint, "Properties"), "ServiceName"), "Fn::Sub")
          .split(".")
          .at(-1)
          // The one service whose endpoint has another name than IAM's.
          ?.replace("memory-db", "memorydb") ?? "",
    );
  const called = functions.flatMap(({ properties }) => [...sdkCalls(sourcesOf(properties))]);
  // IAM has an endpoint in the VPCs of one region alone.
  const services = called.map((call) => call.split(":")[0] ?? "").filter((service) => service !== "iam");
  expect(sorted(reached)).toEqual(sorted(services));
});
