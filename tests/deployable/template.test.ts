import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { isMembers, list, record, recordList, text, textList, type Members } from "../../local/aws/members.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../local/template/read-template.ts";

const root = resolve(import.meta.dirname, "../..");
const template = readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8"));
const functions = Object.entries(template.Resources)
  .filter(([, resource]) => resource["Type"] === "AWS::Serverless::Function")
  .map(([logicalId, resource]) => ({ logicalId, properties: record(resource, "Properties") }));
/** In the bundle with the store that the functions share, but only rotation writes, and not every function reads values. */
const unused: Readonly<Record<string, readonly string[]>> = {
  MirrorToVaultFunction: ["ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  CheckLoginFunction: ["ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  AnnounceChangeFunction: ["GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  NotifyRedisFunction: ["DescribeSecret", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  NotifyWebhookFunction: ["DescribeSecret", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  ReconcileFunction: ["ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
  RetirePreviousFunction: ["GetSecretValue", "ListSecretVersionIds", "PutSecretValue", "UpdateSecretVersionStage"],
};
/** IAM's prefix of the calls that do not go to Secrets Manager. */
const prefixes: Readonly<Record<string, string>> = {
  ChangeMessageVisibility: "sqs",
  Invoke: "lambda",
  PutEvents: "events",
  SendMessage: "sqs",
  UpdateItem: "dynamodb",
};
const bundleOf = (properties: Members): string => resolve(root, text(properties, "CodeUri"));

/** The repository's own source files that the bundle is made of. */
function sourcesOf(properties: Members): readonly string[] {
  const folder = bundleOf(properties);
  const map: unknown = JSON.parse(readFileSync(resolve(folder, "index.mjs.map"), "utf8"));
  return textList(isMembers(map) ? map : {}, "sources")
    .map((source) => resolve(folder, source))
    .filter((source) => source.startsWith(resolve(root, "shared")))
    .map((source) => readFileSync(source, "utf8"));
}
const found = (sources: readonly string[], pattern: RegExp): Set<string> =>
  new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = ""]) => name)));

function statementsOf(properties: Members): readonly Members[] {
  return list(properties, "Policies")
    .filter(isMembers)
    .flatMap((policy) => list(policy, "Statement"))
    .filter(isMembers)
    .map((statement) => {
      const conditional = statement["Fn::If"];
      const chosen: unknown = Array.isArray(conditional) ? conditional[1] : statement;
      return isMembers(chosen) ? chosen : {};
    });
}
const actionsOf = (statement: Members): readonly string[] => {
  const action = statement["Action"];
  return typeof action === "string" ? [action] : textList(statement, "Action");
};

test("every function in the repository is in the template, from the folder that the build writes", () => {
  const folders = readdirSync(resolve(root, "functions"));
  expect(functions.map(({ properties }) => text(properties, "CodeUri")).sort()).toEqual(
    folders.map((folder) => `dist/functions/${folder}`).sort(),
  );
  expect(functions.every(({ properties }) => existsSync(resolve(bundleOf(properties), "index.mjs")))).toBe(true);
});

test.each(functions)("$logicalId may make the calls that its code makes, and no other", ({ logicalId, properties }) => {
  const commands = found(sourcesOf(properties), /new (\w+)Command\(/gu);
  expect(commands.size).toBeGreaterThan(0);
  const actions = new Set(
    statementsOf(properties)
      .flatMap(actionsOf)
      .filter((action) => !action.startsWith("kms:")),
  );
  const prefix = (command: string): string => prefixes[command] ?? "secretsmanager";
  const called = [...commands]
    .filter((command) => unused[logicalId]?.includes(command) !== true)
    .map((command) => `${prefix(command)}:${command === "Invoke" ? "InvokeFunction" : command}`);
  expect([...actions].sort()).toEqual(called.sort());
});

test.each(functions)(
  "$logicalId has no wildcard in its actions and a resource of its own in each statement",
  ({ properties }) => {
    const statements = statementsOf(properties);
    expect(statements.flatMap(actionsOf).filter((action) => action.includes("*"))).toEqual([]);
    const open = statements.filter(({ Resource }) => Resource === undefined || Resource === "*");
    expect(open.flatMap(actionsOf).filter((action) => action !== "secretsmanager:ListSecrets")).toEqual([]);
  },
);

test.each(functions)("$logicalId is given every variable that its code reads, and no other", ({ properties }) => {
  const bundle = readFileSync(resolve(bundleOf(properties), "index.mjs"), "utf8");
  const read = found([bundle], /["'`]((?:EVENT|REKEY|VAULT|SECRETS)_[A-Z_]+)["'`]/gu);
  const given = Object.keys(record(record(properties, "Environment"), "Variables"));
  expect(given.filter((name) => !name.startsWith("NODE_")).sort()).toEqual([...read].sort());
});

/** The queue that a function is fed from, by the logical id in its `Queue: !GetAtt <id>.Arn`. */
function queueOf(properties: Members): Members | undefined {
  const event = record(record(properties, "Events"), "Queue");
  const source = record(record(event, "Properties"), "Queue")["Fn::GetAtt"];
  const logicalId = Array.isArray(source) ? String(source[0]) : undefined;
  return logicalId === undefined ? undefined : record(template.Resources[logicalId] ?? {}, "Properties");
}

test.each(functions)(
  "the queue of $logicalId, if it has one, hides a message for six times its time and has a dead-letter queue",
  ({ properties }) => {
    const queue = queueOf(properties);
    const fed = queue !== undefined;
    expect(fed).toBe(properties["Events"] !== undefined);
    if (!fed) return;
    expect(queue["VisibilityTimeout"]).toBe(6 * Number(properties["Timeout"]));
    expect(record(queue, "RedrivePolicy")["deadLetterTargetArn"]).toBeDefined();
  },
);

test.each(functions)("$logicalId keeps its logs for as long as the parameter says", ({ properties }) => {
  const group = String(record(record(properties, "LoggingConfig"), "LogGroup")["Ref"]);
  expect(record(record(template.Resources[group] ?? {}, "Properties"), "RetentionInDays")["Ref"]).toBe(
    "LogRetentionDays",
  );
});

test("no secret value is a parameter", () => {
  expect(Object.keys(template.Parameters).filter((name) => /secretid|password|token/iu.test(name))).toEqual([]);
});

test("a pattern of secrets must end with the six random characters or a wildcard", () => {
  const bind = (SecretArnPattern: string) => bindParameters(template.Parameters, { SecretArnPattern });
  const prefix = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
  expect(() => bind(`${prefix}db/orders`)).toThrow("SecretArnPattern: the value does not match");
  for (const good of ["db/orders-??????", "db/*", "db/orders-AbCdEf"]) {
    expect(bind(prefix + good).get("SecretArnPattern")).toEqual([prefix + good]);
  }
  expect(() => bind(`${prefix}db/*,${prefix}other`)).toThrow("does not match");
});

test("Secrets Manager may invoke a rotation function for this account alone, or for the secrets that a parameter names", () => {
  const rotating = functions.filter(({ logicalId }) => logicalId.startsWith("Rotate"));
  const permissions = Object.values(template.Resources)
    .filter(({ Type }) => Type === "AWS::Lambda::Permission")
    .map((permission) => record(permission, "Properties"));
  const invoked = permissions.map((permission) => String(record(permission, "FunctionName")["Ref"]));
  expect(invoked.sort()).toEqual(rotating.map(({ logicalId }) => logicalId).sort());
  for (const permission of permissions) {
    expect(permission).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "secretsmanager.amazonaws.com",
      SourceAccount: { Ref: "AWS::AccountId" },
      SourceArn: { "Fn::If": ["HasInvokingSecret", { Ref: "InvokingSecretArn" }, { Ref: "AWS::NoValue" }] },
    });
  }
});

test("every function has the boundary, path, key, tracing and concurrency that the parameters say", () => {
  const names = ["KmsKeyArn", "PermissionsBoundary", "ReservedConcurrentExecutions", "RolePath", "Tracing"];
  const globals = record(template.Globals, "Function");
  expect(names.filter((name) => globals[name] === undefined)).toEqual([]);
  for (const { properties } of functions) expect(names.filter((name) => name in properties)).toEqual([]);
});

const keyed: Readonly<Record<string, string>> = {
  "AWS::Logs::LogGroup": "KmsKeyId",
  "AWS::SNS::Topic": "KmsMasterKeyId",
  "AWS::SQS::Queue": "KmsMasterKeyId",
};
const stores = Object.entries(template.Resources).filter(([, { Type }]) => String(Type) in keyed);

test.each(stores)("%s is encrypted with the key that the parameter names", (_logicalId, resource) => {
  const key = record(resource, "Properties")[keyed[String(resource["Type"])] ?? ""];
  expect(key).toEqual({ "Fn::If": ["HasDataKey", { Ref: "DataKmsKeyArn" }, { Ref: "AWS::NoValue" }] });
});

test("the alarm of throttles watches every rotation function, and the dashboard's body is JSON", () => {
  const { ThrottledRotationsAlarm, Dashboard } = template.Resources;
  const watched = recordList(record(ThrottledRotationsAlarm ?? {}, "Properties"), "Metrics").flatMap((metric) =>
    recordList(record(record(metric, "MetricStat"), "Metric"), "Dimensions").map(({ Value }) => Value),
  );
  const rotating = functions.filter(({ logicalId }) => logicalId.startsWith("Rotate"));
  expect(watched).toEqual(rotating.map(({ properties }) => properties["FunctionName"]));
  const body = record(record(Dashboard ?? {}, "Properties"), "DashboardBody")["Fn::Sub"];
  expect(JSON.parse(String(body))).toMatchObject({ widgets: expect.arrayContaining([expect.anything()]) });
});

test("every alarm tells the topic that the parameter names, and what to do", () => {
  const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
  expect(alarms.length).toBeGreaterThan(6);
  for (const alarm of alarms) {
    const told = [{ Ref: "AlarmTopicArn" }];
    const AlarmActions =
      alarm["Condition"] === "HasAlarmTopic" ? told : { "Fn::If": ["HasAlarmTopic", told, { Ref: "AWS::NoValue" }] };
    expect(record(alarm, "Properties")).toMatchObject({
      AlarmDescription: expect.stringMatching(/\. \S/u),
      AlarmActions,
      TreatMissingData: "notBreaching",
    });
  }
});

test("every finding that an alarm waits for is one that reconcile reports", () => {
  const findings = readFileSync(resolve(root, "events/details.ts"), "utf8");
  const alarms = Object.values(template.Resources).map((resource) => record(resource, "Properties"));
  const waited = alarms
    .filter(({ MetricName }) => MetricName === "Findings")
    .flatMap((alarm) => recordList(alarm, "Dimensions").map((dimension) => text(dimension, "Value")))
    .sort();
  expect(waited).toEqual(["current-refused", "pending-stuck", "rotation-overdue"]);
  for (const finding of waited) expect(findings).toContain(`| "${finding}"`);
});
