import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { denial, type AccessRequest } from "../../local/aws/iam.ts";
import type { Members } from "../../shared/answers/members.ts";
import { record, recordList } from "../../local/aws/members.ts";
import type { PolicyDocument, Principal } from "../../local/aws/service.ts";
import { readTemplate, type Template } from "../../deploy/reading/read-template.ts";
import { deployerPrincipals } from "../support/deployer/deployer-principals.ts";
import { actionsCalled, deploymentCalls } from "../support/deployer/deployment-calls.ts";
import { onlyForProperty, refused } from "../support/deployer/not-called.ts";
import {
  operations,
  permissionsOfSchemas,
  providerSchemas,
  type ProviderPermissions,
} from "../support/deployer/read-provider-permissions.ts";
import { namedScope, stackResources } from "../support/deployer/stack-resources.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { policiesIn } from "../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (name: string): Template => readTemplate(readFileSync(resolve(root, name), "utf8"));
const tableFile = resolve(root, "tests/support/deployer/provider-permissions.json");
const table = JSON.parse(readFileSync(tableFile, "utf8")) as ProviderPermissions;
const main = read("template.yaml");
const stack = [main, read("templates/event-schemas.yaml")];
const resources = stack.flatMap(stackResources);
const deployer = read("templates/deployer.yaml");
const cfnLint = outsideProgram("REKEY_CFN_LINT", "PyPI: cfn-lint");

const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
const inStack: Readonly<Record<string, string>> = {
  RotatedSecretArn: `${secret}db/orders-AbCdEf`,
  RegistryName: "rekey-events",
};
/** The secrets that this stack's parameters name in the tests of its policies all end so. */
const ofDeployer = {
  SecretArns: `${secret}db/*,${secret}*-AbCdEf`,
  AccountRoleArns: "arn:aws:iam::210987654321:role/rekey-rotation",
  IamUserArns: "arn:aws:iam::123456789012:user/rekey/*",
  CacheUserArns:
    "arn:aws:elasticache:us-east-1:123456789012:user:orders,arn:aws:memorydb:us-east-1:123456789012:user/orders",
};

/** What is in another account lets everybody use it, so that the caller's own rights decide. */
const openToAll: PolicyDocument = { Statement: { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" } };
const ofItself = (resource: string): Pick<AccessRequest, "resourcePolicy"> =>
  ["123456789012", "", undefined].includes(resource.split(":")[4]) ? {} : { resourcePolicy: openToAll };

const mayNot = (caller: Principal, calls: readonly Omit<AccessRequest, "caller">[]): readonly string[] =>
  calls
    .filter((call) => denial({ caller, ...call, ...ofItself(call.resource) }) !== undefined)
    .map(({ action, resource }) => `${action} on ${resource}`);

test("each type of the stack's resources has its calls in the table, and no other type has", () => {
  expect(Object.keys(table).sort()).toEqual([...new Set(resources.map(({ type }) => type))].sort());
});

test.skipIf(cfnLint === undefined)("the table of calls is what AWS's schemas of these types say", async () => {
  const schemas = providerSchemas(cfnLint ?? "", new Set(resources.map(({ type }) => type)));
  await expect(`${JSON.stringify(permissionsOfSchemas(schemas), undefined, 2)}\n`).toMatchFileSnapshot(tableFile);
  const known = Object.keys(onlyForProperty).map((type) => record(schemas.get(type) ?? {}, "properties"));
  const named = Object.values(onlyForProperty).map((properties) => Object.keys(properties));
  expect(named.flatMap((properties, at) => properties.filter((property) => !(property in (known[at] ?? {}))))).toEqual(
    [],
  );
});

test("no call is left out that no operation of its type makes", () => {
  const left = [
    ...Object.entries(onlyForProperty).flatMap(([type, byProperty]) =>
      Object.values(byProperty).flatMap((actions) => actions.map((action) => [type, action] as const)),
    ),
    ...Object.entries(refused).flatMap(([type, actions]) => actions.map((action) => [type, action] as const)),
  ];
  const made = (type: string): readonly string[] => operations.flatMap((operation) => table[type]?.[operation] ?? []);
  expect(left.filter(([type, action]) => !made(type).includes(action))).toEqual([]);
});

test("a property that a resource gets brings its calls back", () => {
  const withLayer = [{ type: "AWS::Lambda::Function", logicalId: "Any", properties: { Layers: [] } }];
  const actions = ["lambda:GetLayerVersion", "lambda:PublishVersion"];
  expect(actionsCalled("AWS::Lambda::Function", actions, withLayer)).toEqual(["lambda:GetLayerVersion"]);
});

describe.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
  ["with the boundary that it makes", {}, {}],
  [
    "with a boundary of yours, and a path, a prefix and the bus's name",
    {
      PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/company",
      RolePath: "/app/",
      RoleNamePrefix: "team",
      EventBusName: "shared",
    },
    { RolePath: "/app/", RoleNamePrefix: "team", EventBusName: "shared" },
  ],
])("the role of CloudFormation, %s", (_name, settings, ofStack) => {
  const { cloudFormation, boundary } = deployerPrincipals(deployer, { ...ofDeployer, ...settings });
  const given = { ...inStack, ...ofStack };

  test("may make every call that creating, updating and deleting the stack takes", () => {
    const calls = stack.flatMap((template) => deploymentCalls(template, table, { boundary: boundary.arn, given }));
    expect(calls.length).toBeGreaterThan(1_000);
    expect(new Set(mayNot(cloudFormation, calls))).toEqual(new Set());
  });

  test("may not make a role without the boundary, give it another policy, or take the boundary away", () => {
    const resource = "arn:aws:iam::123456789012:role/rekey-RotatePostgresRole-1A2B3C4D5E6F";
    const within = { "iam:PermissionsBoundary": boundary.arn };
    const others = { "iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/other" };
    const calls = [
      { action: "iam:CreateRole", resource, context: {} },
      { action: "iam:CreateRole", resource, context: others },
      { action: "iam:PutRolePolicy", resource, context: others },
      { action: "iam:PutRolePermissionsBoundary", resource, context: others },
      { action: "iam:DeleteRolePermissionsBoundary", resource, context: within },
      ...["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:policy/other"].map((policy) => ({
        action: "iam:AttachRolePolicy",
        resource,
        context: { ...within, "iam:PolicyARN": policy },
      })),
    ];
    expect(mayNot(cloudFormation, calls)).toHaveLength(calls.length);
  });
});

const principals = deployerPrincipals(deployer, ofDeployer);
const place = "us-east-1:123456789012";
const iam = (name: string): string => `arn:aws:iam::123456789012:${name}`;
const calls = (action: string, ...named: readonly string[]) =>
  named.map((resource) => ({ action, resource, context: {} }));
const passing = (resource: string, service: string) => ({
  action: "iam:PassRole",
  resource,
  context: { "iam:PassedToService": service },
});

test.each(["cloudFormation", "caller"] as const)("%s may not do what deploying does not take", (who) => {
  const attempts = [
    ...calls("iam:CreateUser", iam("user/rekey-x")),
    ...calls("iam:CreateAccessKey", iam("user/rekey-x")),
    ...calls("iam:UpdateAssumeRolePolicy", iam("role/Admin"), iam("role/deploy-rekey-us-east-1")),
    ...calls("iam:CreatePolicyVersion", principals.boundary.arn, iam("policy/deploy-rekey-caller-us-east-1")),
    ...calls("iam:DeletePolicy", principals.boundary.arn),
    ...calls("iam:SetDefaultPolicyVersion", iam("policy/rekey-TraceSegments-1A2B3C4D5E6F")),
    ...["iam:AttachRolePolicy", "iam:PutRolePolicy"].map((action) => ({
      action,
      resource: iam("role/Admin"),
      context: {
        "iam:PermissionsBoundary": principals.boundary.arn,
        "iam:PolicyARN": iam("policy/rekey-TraceSegments-1A2B3C4D5E6F"),
      },
    })),
    passing(iam("role/Admin"), "lambda.amazonaws.com"),
    passing(iam("role/Admin"), "cloudformation.amazonaws.com"),
    passing(iam("role/rekey-RotatePostgresRole-1A2B3C4D5E6F"), "ec2.amazonaws.com"),
    ...calls("sts:AssumeRole", iam("role/rekey-RotatePostgresRole-1A2B3C4D5E6F")),
    ...["DeleteSecret", "GetSecretValue", "PutResourcePolicy", "PutSecretValue", "UpdateSecret"].flatMap((name) =>
      calls(`secretsmanager:${name}`, `${secret}db/orders-AbCdEf`),
    ),
    ...calls("secretsmanager:RotateSecret", `${secret}foreign-GhIjKl`),
    ...["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"].flatMap((action) =>
      calls(action, `arn:aws:kms:${place}:key/data`),
    ),
    ...["lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:AddPermission"].flatMap((action) =>
      calls(action, `arn:aws:lambda:${place}:function:payments`),
    ),
    ...calls("lambda:InvokeFunction", `arn:aws:lambda:${place}:function:rekey-reconcile`),
    {
      ...calls("lambda:CreateEventSourceMapping", "*")[0]!,
      context: { "lambda:FunctionArn": `arn:aws:lambda:${place}:function:payments` },
    },
    ...["sqs:ReceiveMessage", "sqs:SendMessage", "sqs:PurgeQueue"].flatMap((action) =>
      calls(action, `arn:aws:sqs:${place}:rekey-DeadLetterQueue-1A2B3C4D5E6F`),
    ),
    ...calls("sqs:SetQueueAttributes", `arn:aws:sqs:${place}:payments`),
    ...calls("sns:Publish", `arn:aws:sns:${place}:rekey-secret-rotated`),
    ...calls("events:PutEvents", `arn:aws:events:${place}:event-bus/rekey`),
    ...calls(
      "events:PutRule",
      `arn:aws:events:${place}:rule/payments`,
      `arn:aws:events:${place}:rule/payments/rekey-x`,
    ),
    ...calls("dynamodb:GetItem", `arn:aws:dynamodb:${place}:table/rekey-AdoptionTable-1A2B3C4D5E6F`),
    ...calls("logs:DeleteLogGroup", `arn:aws:logs:${place}:log-group:/aws/lambda/payments:*`),
    ...calls("logs:GetLogEvents", `arn:aws:logs:${place}:log-group:/aws/lambda/rekey-reconcile:*`),
    ...["cloudformation:CreateChangeSet", "cloudformation:UpdateStack", "cloudformation:DeleteStack"].flatMap(
      (action) =>
        ["payments", "rekey-deployer", "deploy-rekey"].flatMap((name) =>
          calls(action, `arn:aws:cloudformation:${place}:stack/${name}/0f1e2d3c`),
        ),
    ),
    ...calls("s3:PutObject", "arn:aws:s3:::payments/1"),
    ...calls("s3:PutBucketPolicy", "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket"),
  ];
  expect(mayNot(principals[who], attempts)).toEqual(attempts.map(({ action, resource }) => `${action} on ${resource}`));
});

test("whoever runs sam deploy may make its calls: of the change set, of the bucket, and with that role alone", () => {
  const stackArn = `arn:aws:cloudformation:${place}:stack/rekey/0f1e2d3c`;
  const bucket = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket";
  const role = iam("role/deploy-rekey-us-east-1");
  // Those of samcli/lib/deploy, lib/delete, lib/package and lib/bootstrap where the bucket is there.
  const ofSam = [
    ...["CreateChangeSet", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents", "DescribeStacks"],
    ...["ExecuteChangeSet", "GetTemplate", "GetTemplateSummary", "ListChangeSets", "RollbackStack"],
  ].flatMap((name) => calls(`cloudformation:${name}`, stackArn));
  const ofBucket = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObject"].flatMap((action) =>
    calls(action, `${bucket}/rekey/1`),
  );
  const others = [
    ...calls("cloudformation:GetTemplateSummary", "*"),
    ...calls("cloudformation:DescribeStacks", `arn:aws:cloudformation:${place}:stack/aws-sam-cli-managed-default/1`),
    ...calls("s3:ListBucket", bucket),
    passing(role, "cloudformation.amazonaws.com"),
  ];
  expect(mayNot(principals.caller, [...ofSam, ...ofBucket, ...others])).toEqual([]);
  const macro = "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31";
  expect(mayNot(principals.caller, calls("cloudformation:CreateChangeSet", macro))).toEqual([]);
  expect(mayNot(principals.caller, [passing(role, "lambda.amazonaws.com")])).toHaveLength(1);
});

/** A value that may stand alone or in a list. */
const each = (value: unknown): readonly string[] => [value].flat().map(String);

/** Each call that a statement allows, through each service that it names for a key. */
function allowedBy(statement: Members): readonly Omit<AccessRequest, "caller">[] {
  const through = record(record(statement, "Condition"), "StringEquals")["kms:ViaService"] ?? "no service";
  return each(statement["Action"]).flatMap((action) =>
    each(statement["Resource"]).flatMap((resource) =>
      each(through).map((via) => ({ action, resource, context: { "kms:ViaService": via } })),
    ),
  );
}

test("the boundary lets each role of the stack do what its own policy says, and read no other secret", () => {
  const documents = policiesIn(main, namedScope(main));
  const ofRoles = documents.filter(({ logicalId }) => /Role$|^NetworkInterfaces$|^TraceSegments$/u.test(logicalId));
  const allowing = ofRoles
    .flatMap(({ document }) => recordList(document, "Statement"))
    .filter(({ Effect }) => Effect === "Allow");
  const bounded: Principal = { ...principals.caller, policies: [principals.boundary.policy] };
  expect(ofRoles.length).toBeGreaterThan(15);
  expect(new Set(mayNot(bounded, allowing.flatMap(allowedBy)))).toEqual(new Set());
  expect(mayNot(bounded, calls("sts:AssumeRole", ofDeployer.AccountRoleArns))).toEqual([]);
  expect(mayNot(bounded, calls("sts:AssumeRole", "arn:aws:iam::210987654321:role/Admin"))).toHaveLength(1);
  expect(mayNot(bounded, calls("iam:CreateAccessKey", "arn:aws:iam::123456789012:user/administrator"))).toHaveLength(1);
  expect(mayNot(bounded, calls("secretsmanager:GetSecretValue", `${secret}foreign-GhIjKl`))).toHaveLength(1);
});

test("the policies are within what IAM takes", () => {
  const characters = (logicalId: string): readonly number[] =>
    policiesIn(deployer, namedScope(deployer, ofDeployer))
      .filter((policy) => policy.logicalId === logicalId)
      .map(({ document }) => JSON.stringify(document).length);
  const inline = characters("DeployRole").reduce((sum, one) => sum + one, 0);
  expect(inline).toBeGreaterThan(0);
  expect(inline).toBeLessThanOrEqual(10_240);
  for (const managed of ["CallerPolicy", "DataKey", "FunctionsBoundary"]) {
    expect(characters(managed)[0]).toBeLessThanOrEqual(6_144);
  }
});
