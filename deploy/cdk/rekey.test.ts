import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { App, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { Vpc, type IVpc } from "aws-cdk-lib/aws-ec2";
import { Schedule } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
} from "aws-cdk-lib/aws-rds";
import { Secret, type ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { beforeAll, expect, test, vi } from "vitest";
import type { Members } from "../../shared/answers/members.ts";
import { record, text } from "../../local/aws/members.ts";
import { readTemplate } from "../reading/read-template.ts";
import { Rekey, type RekeyProps } from "./index.ts";
import { settingsText } from "./settings-text.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const template = readTemplate(read("../../template.yaml"));

/** A stack's template as it is synthesized, without the CDK's own check, which takes seconds. */
function synthesized(stack: Stack): Template {
  vi.stubEnv("CDK_VALIDATION", "false");
  return Template.fromStack(stack);
}
const resourcesOf = (stack: Stack): Members => record(synthesized(stack).toJSON(), "Resources");
const propertiesOf = (stack: Stack, id: string): Members => record(record(resourcesOf(stack), id), "Properties");
const rekeyIn = (props: RekeyProps, around: StackProps = {}): Rekey =>
  new Rekey(new Stack(new App(), "Orders", around), "rekey", props);

beforeAll(() => {
  if (!existsSync(new URL("../../dist/template.json", import.meta.url))) throw new Error("npm run build first");
});

test("the settings are the template's parameters", () => {
  expect(read("rekey-settings.ts")).toBe(settingsText(template));
});

test("what is synthesized has every function with its code, and passes the CDK's own check without a warning", () => {
  const app = new App();
  const rekey = new Rekey(app, "rekey", {
    secrets: ["db/*"],
    vaultAddress: "https://vault.example.com",
    vaultAuth: "aws",
  });
  const empty = new Stack(app, "Empty");
  const assembly = app.synth();
  const report = readFileSync(path.join(assembly.directory, "validation-report.json"), "utf8");
  expect([...report.matchAll(/"ruleName": "(.*?)"/gu)].map(([, rule]) => rule)).toEqual([
    expect.stringContaining("F0001"),
  ]);
  expect(report).toContain(empty.stackName);
  const made = assembly.getStackByName(rekey.stackName).template as Members;
  expect(Object.keys(made)).not.toContain("Conditions");
  expect(Object.keys(record(made, "Parameters"))).toEqual(["BootstrapVersion"]);
  const optional = [
    "CheckLoginFunction",
    "NotifyChatFunction",
    "NotifyRedisFunction",
    "NotifyWebhookFunction",
    "RefreshKubernetesFunction",
    "RotateElasticsearch",
    "RotateIamAccessKey",
    "RotateMsk",
    "RotateOracle",
    "RotateSqlserver",
    "RotateVaultStaticRole",
  ];
  const functions = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Serverless::Function");
  const missing = functions.map(([id]) => id).filter((id) => !(id in record(made, "Resources")));
  expect(missing.sort()).toEqual(optional);
  const codes = (Object.values(record(made, "Resources")) as Members[])
    .filter((resource) => text(resource, "Type") === "AWS::Serverless::Function")
    .map((resource) => record(record(resource, "Properties"), "CodeUri"));
  const inABucket = { Bucket: expect.anything(), Key: expect.stringMatching(/\.zip$/u) };
  expect(codes).toEqual(codes.map(() => inABucket));
  expect(codes.length).toBeGreaterThan(10);
});

test("names, patterns and ARNs become the patterns of ARNs that the roles have", () => {
  const env = { account: "123456789012", region: "eu-west-1" };
  const secrets = ["db/*", "db/orders", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-*"];
  const role = JSON.stringify(propertiesOf(rekeyIn({ secrets }, { env }), "RotatePostgresRole"));
  expect(role).toContain(
    JSON.stringify(
      ["db/*", "db/orders-??????"].map((name) => ({
        "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:secretsmanager:eu-west-1:123456789012:secret:${name}`]],
      })),
    ).slice(1, -1),
  );
  expect(role).toContain(secrets[2]);
});

test.each([
  [{ secrets: ["db/*"], eventBusName: "no blanks" }, /EventBusName: must match/u],
  [{}, /SecretArnPattern: must match/u],
  [{ secrets: ["db/*"], maximumSecretAgeDays: -1 }, /MaximumSecretAgeDays: must be at least 0/u],
  [{ secrets: ["db/*"], archiveRetentionDays: 9999 }, /ArchiveRetentionDays: must be at most 3650/u],
  [{ secrets: ["db/*"], webhookUrl: "https://hooks.example.com" }, /WebhookKeySecretArn is needed with WebhookUrl/u],
  [{ secrets: ["db/*"], stackName: "a".repeat(40) }, /stackName: a+ has more than 39 characters/u],
] satisfies readonly (readonly [RekeyProps, RegExp])[])(
  "of %j is refused at synthesis what CloudFormation would refuse",
  (props, problem) => {
    expect(rekeyIn(props).node.validate()).toEqual([expect.stringMatching(problem)]);
  },
);

test("a value that is known only at deployment decides a condition as a value that is set", () => {
  const stack = new Stack(new App(), "Keys");
  const rekey = new Rekey(stack, "rekey", { secrets: ["db/*"], dataKey: new Key(stack, "Key") });
  expect(rekey.node.validate()).toEqual([]);
  expect(propertiesOf(rekey, "RotatePostgresLogs")).toMatchObject({
    KmsKeyId: { "Fn::ImportValue": expect.stringContaining("Key") },
  });
  expect(propertiesOf(rekey, "DeadLetterQueue")).not.toHaveProperty("SqsManagedSseEnabled");
});

/** A team's own stack: a VPC, a cluster, and the login of one service. */
function orders(stack: Stack) {
  const vpc = new Vpc(stack, "Vpc") as IVpc;
  const cluster = new DatabaseCluster(stack, "Database", {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_6 }),
    writer: ClusterInstance.serverlessV2("writer"),
    vpc,
  });
  const login = new DatabaseSecret(stack, "Login", { username: "orders", encryptionKey: new Key(stack, "Key") });
  return { vpc, cluster, login };
}

test("one line rotates a cluster's user: schedule, tags, administrator, key and security groups", () => {
  const stack = new Stack(new App(), "Orders");
  const { vpc, cluster, login } = orders(stack);
  const rekey = new Rekey(stack, "rekey", { vpc });
  rekey.rotate(login.attach(cluster), { database: cluster, adminSecret: cluster.secret! });

  const made = synthesized(rekey);
  made.hasResource("AWS::SecretsManager::RotationSchedule", {
    Properties: {
      SecretId: Match.objectLike({ "Fn::ImportValue": Match.stringLikeRegexp("LoginAttachment") }),
      RotationLambdaARN: { "Fn::GetAtt": ["RotatePostgres", "Arn"] },
      RotationRules: { ScheduleExpression: "rate(30 days)" },
      RotateImmediatelyOnUpdate: false,
    },
    DependsOn: ["SecretsManagerInvokesRotatePostgres"],
  });
  made.hasResourceProperties("AWS::EC2::SecurityGroupIngress", { Description: "rekey" });
  const { REKEY_ADMIN_SECRETS: admins } = record(
    record(propertiesOf(rekey, "RotatePostgres"), "Environment"),
    "Variables",
  );
  expect(JSON.stringify(admins)).toMatch(/"Fn::ImportValue":"Orders:ExportsOutputRefDatabaseSecretAttachment/u);
  expect(JSON.stringify(propertiesOf(rekey, "RotatePostgresRole"))).toMatch(
    /kms:Decrypt.*Fn::ImportValue":"Orders:ExportsOutputFnGetAttKey/u,
  );
  synthesized(stack).hasResourceProperties("AWS::SecretsManager::Secret", {
    GenerateSecretString: Match.objectLike({ SecretStringTemplate: Match.stringLikeRegexp("orders") }),
    Tags: Match.arrayWith([
      { Key: "rekey:admin-secret", Value: { Ref: Match.stringLikeRegexp("^DatabaseSecretAttachment") } },
      { Key: "rekey:strategy", Value: "alternating-users" },
    ]),
  });
});

test("what is said of a rotation is what the schedule and the tags have", () => {
  const stack = new Stack(new App(), "Orders");
  const secret = new Secret(stack, "Secret") as ISecret;
  const rekey = new Rekey(stack, "rekey");
  rekey.rotate(secret, {
    engine: "mysql",
    strategy: "dual-password",
    schedule: Schedule.cron({ minute: "0", hour: "4", weekDay: "SUN" }),
    window: Duration.hours(3),
    grace: Duration.hours(2),
    rotateImmediately: true,
    tags: { "rekey:password-charset": "alnum" },
  });
  expect(() => {
    synthesized(rekey).hasResourceProperties("AWS::SecretsManager::RotationSchedule", {
      RotationLambdaARN: { "Fn::GetAtt": ["RotateMysql", "Arn"] },
      RotationRules: { Duration: "3h", ScheduleExpression: "cron(0 4 ? * SUN *)" },
      RotateImmediatelyOnUpdate: true,
    });
    synthesized(stack).hasResourceProperties("AWS::SecretsManager::Secret", {
      Tags: [
        { Key: "rekey:grace", Value: "120m" },
        { Key: "rekey:password-charset", Value: "alnum" },
        { Key: "rekey:strategy", Value: "dual-password" },
      ],
    });
  }).not.toThrow();
});

test.each([
  [{}, /engine.*must be set/u],
  [{ database: { engine: { engineType: "db2-se" } } }, /db2-se has no rotation function/u],
])("an engine that is not named, or that has no function, is refused", (options, problem) => {
  const stack = new Stack(new App(), "Orders");
  const rotate = (): unknown => Reflect.apply(rekeyIn({}).rotate, rekeyIn({}), [new Secret(stack, "Secret"), options]);
  expect(rotate).toThrow(problem);
});

test("a stack that another app deployed rotates a secret of this one by the function's name", () => {
  const stack = new Stack(new App(), "Orders");
  Rekey.fromStackName(stack, "Rekey", "rekey-prod").rotate(new Secret(stack, "Secret") as ISecret, {
    engine: "vault-static-role",
  });
  expect(() => {
    synthesized(stack).hasResourceProperties("AWS::SecretsManager::RotationSchedule", {
      RotationLambdaARN: {
        "Fn::Join": ["", Match.arrayWith([Match.stringLikeRegexp(":function:rekey-prod-rotate-vault-static-role$")])],
      },
    });
  }).not.toThrow();
});

test("a secret that is made elsewhere cannot be tagged, and a database is out of reach without a VPC: both are said", () => {
  const stack = new Stack(new App(), "Orders");
  const { cluster } = orders(stack);
  const rekey = new Rekey(stack, "rekey");
  rekey.rotate(Secret.fromSecretNameV2(stack, "Imported", "db/orders"), { database: cluster });
  const warnings = Annotations.fromStack(rekey);
  expect(() => {
    warnings.hasWarning("*", Match.stringLikeRegexp("set its tag rekey:strategy to single-user"));
    warnings.hasWarning("*", Match.stringLikeRegexp("rekey has no vpc"));
  }).not.toThrow();
});

test("a stack within another one goes to where that one goes", () => {
  const env = { account: "123456789012", region: "eu-west-1" };
  const { account, region } = rekeyIn({ secrets: ["db/*"] }, { env });
  expect({ account, region }).toEqual(env);
});
