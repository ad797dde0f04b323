import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import type { Members } from "../../shared/answers/members.ts";
import { record, recordList, text } from "../../local/aws/members.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { receipts } from "../../shared/runtime/announce-function.ts";

const root = resolve(import.meta.dirname, "../..");
const template = readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8"));
const functions = Object.entries(template.Resources)
  .filter(([, resource]) => resource["Type"] === "AWS::Serverless::Function")
  .map(([logicalId, resource]) => ({ logicalId, properties: record(resource, "Properties") }));
const bundleOf = (properties: Members): string => resolve(root, text(properties, "CodeUri"));

const found = (sources: readonly string[], pattern: RegExp): Set<string> =>
  new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = ""]) => name)));

test("every function in the repository is in the template, from the folder that the build writes", () => {
  const folders = readdirSync(resolve(root, "functions"));
  expect(functions.map(({ properties }) => text(properties, "CodeUri")).sort()).toEqual(
    folders.map((folder) => `dist/functions/${folder}`).sort(),
  );
  expect(functions.every(({ properties }) => existsSync(resolve(bundleOf(properties), "index.mjs")))).toBe(true);
});

test.each(functions)("$logicalId is given every variable that its code reads, and no other", ({ properties }) => {
  const bundle = readFileSync(resolve(bundleOf(properties), "index.mjs"), "utf8");
  const read = found([bundle], /["'`{]((?:EVENT|REKEY|VAULT|SECRETS)_[A-Z_]+)["'`:]/gu);
  const given = [record(template.Globals, "Function"), properties].flatMap((function_) =>
    Object.keys(record(record(function_, "Environment"), "Variables")),
  );
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

test("announce-change reports replicas as they are at the last try that its queue gives", () => {
  const { properties = {} } = functions.find(({ logicalId }) => logicalId === "AnnounceChangeFunction") ?? {};
  expect(record(queueOf(properties) ?? {}, "RedrivePolicy")["maxReceiveCount"]).toBe(receipts);
});

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

test("Secrets Manager may invoke a rotation function for secrets of this account and region alone, or for the secrets that a parameter names", () => {
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
      SourceArn: {
        "Fn::If": [
          "HasInvokingSecret",
          { Ref: "InvokingSecretArn" },
          { "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*" },
        ],
      },
    });
  }
});

test("every function has the key, tracing and concurrency that the parameters say", () => {
  const names = ["KmsKeyArn", "ReservedConcurrentExecutions", "Tracing"];
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
      alarm["Condition"] === "TellsOfThrottles" ? told : { "Fn::If": ["HasAlarmTopic", told, { Ref: "AWS::NoValue" }] };
    expect(record(alarm, "Properties")).toMatchObject({
      AlarmDescription: expect.stringMatching(/\. \S/u),
      AlarmActions,
      TreatMissingData: "notBreaching",
    });
  }
});

test("every finding that an alarm waits for is one that reconcile reports", () => {
  const findings = readFileSync(resolve(root, "shared/events/details.ts"), "utf8");
  const alarms = Object.values(template.Resources).map((resource) => record(resource, "Properties"));
  const waited = alarms
    .filter(({ MetricName }) => MetricName === "Findings")
    .flatMap((alarm) => recordList(alarm, "Dimensions").filter(({ Name }) => Name === "Finding"))
    .map((dimension) => text(dimension, "Value"))
    .sort();
  expect(waited).toEqual(["current-refused", "pending-stuck", "rotation-overdue"]);
  for (const finding of waited) expect(findings).toContain(`| "${finding}"`);
});

test("every metric of rekey's own that an alarm or the dashboard waits for is this stack's, and one that the code writes", () => {
  const written = ["logger", "reconcile-function"].map((name) =>
    readFileSync(resolve(root, `shared/runtime/${name}.ts`), "utf8"),
  );
  const alarms = Object.values(template.Resources)
    .map((resource) => record(resource, "Properties"))
    .filter(({ Namespace }) => Namespace === "rekey");
  expect(alarms.length).toBeGreaterThan(4);
  for (const alarm of alarms) {
    expect(recordList(alarm, "Dimensions")[0]).toEqual({ Name: "Stack", Value: { Ref: "AWS::StackName" } });
    expect(written.join("\n")).toMatch(new RegExp(`writeMetrics\\(\\{.*\\b${text(alarm, "MetricName")}\\b`, "u"));
  }
  const body = String(record(record(template.Resources["Dashboard"] ?? {}, "Properties"), "DashboardBody")["Fn::Sub"]);
  const shown = body.split("\n").filter((line) => /\["rekey",|\{rekey,/u.test(line));
  expect(shown.length).toBeGreaterThan(3);
  for (const line of shown) expect(line).toContain("${AWS::StackName}");
});

test("nothing in the template takes a name that another stack of the region, or another region of the account, would take", () => {
  const named = Object.values(template.Resources).flatMap((resource) =>
    Object.entries(record(resource, "Properties"))
      .filter(([property]) =>
        /^(?:Archive|Dashboard|Log[gG]roup|ManagedPolicy|Queue|Role|Table|Topic)Name$/u.test(property),
      )
      .map(([property, name]) => ({ property, name: JSON.stringify(name) })),
  );
  const byFunction = functions.map(({ properties }) => ({
    property: "FunctionName",
    name: JSON.stringify(properties["FunctionName"]),
  }));
  const all = [...named, ...byFunction];
  expect(all.length).toBeGreaterThan(3 * functions.length);
  // Roles are the account's, whatever their region; what stands before the function's name is the user's to choose.
  const own = (property: string): string => (property === "RoleName" ? "${RoleNamePrefix}" : "${AWS::StackName}");
  expect(all.filter(({ property, name }) => !name.includes(own(property)))).toEqual([]);
  const global = all.filter(({ property }) => property === "RoleName" || property === "DashboardName");
  expect(global.filter(({ name }) => !name.includes("${AWS::Region}"))).toEqual([]);
});

test("nothing that another parameter set of the same stack must replace has a fixed name", () => {
  const fixed = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Events::Archive");
  expect(fixed.length).toBe(1);
  for (const [, archive] of fixed) expect(record(archive, "Properties")["ArchiveName"]).toBeUndefined();
});

test("the longest name of a function leaves 39 characters for the stack's name, which the docs say", () => {
  const names = functions.map(({ properties }) => text(record(properties, "FunctionName"), "Fn::Sub"));
  const longest = Math.max(...names.map((name) => name.replace("${AWS::StackName}", "").length));
  expect(64 - longest).toBe(39);
  expect(readFileSync(resolve(root, "docs/how-to/deploy.md"), "utf8")).toContain("39 characters");
});

test("the function that fills its own queue is not stopped as a runaway loop, and no other is exempt", () => {
  const exempt = functions.filter(({ properties }) => properties["RecursiveLoop"] !== undefined);
  expect(exempt.map(({ properties }) => [properties["CodeUri"], properties["RecursiveLoop"]])).toEqual([
    ["dist/functions/reconcile", "Allow"],
  ]);
});

test("messages that nobody has looked at outlive the stack", () => {
  for (const name of ["DeadLetterQueue", "UndeliveredEventsQueue"]) {
    expect(template.Resources[name]).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      UpdateReplacePolicy: "Retain",
    });
  }
});
