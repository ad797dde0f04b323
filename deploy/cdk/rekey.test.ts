import { existsSync, readFileSync } from "node:fs";
import { App, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Schedule } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
} from "aws-cdk-lib/aws-rds";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { beforeAll, expect, test } from "vitest";
import { readTemplate } from "../../local/template/read-template.ts";
import { factsText, settingsText } from "./facts-text.ts";
import { Rekey, type RekeyProps } from "./index.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const template = readTemplate(read("../../template.yaml"));

const rekeyIn = (props: RekeyProps, around?: StackProps): Rekey =>
  new Rekey(around === undefined ? new App() : new Stack(new App(), "Orders", around), "rekey", props);
const variables = (rekey: Rekey, id: string): Readonly<Record<string, unknown>> => {
  const resource = Template.fromStack(rekey).toJSON().Resources[id];
  return resource.Properties.Environment.Variables;
};

beforeAll(() => {
  if (!existsSync(new URL("../../dist/functions/rotate-postgres/index.mjs", import.meta.url)))
    throw new Error("npm run build first");
});

test("the settings and what is decided at synthesis are the template's", () => {
  expect(read("template-facts.json").replaceAll(/\s/gu, "")).toBe(factsText(template).replaceAll(/\s/gu, ""));
  expect(read("rekey-settings.ts")).toBe(settingsText(template));
});

test("every function of the template is deployed with its code, and no parameter and no rule is left", () => {
  const made = Template.fromStack(rekeyIn({ secrets: ["db/*"] }));
  const functions = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Serverless::Function");
  for (const [id] of functions) {
    const { CodeUri } = made.toJSON().Resources[id].Properties;
    expect({ id, CodeUri }).toEqual({
      id,
      CodeUri: { Bucket: expect.anything(), Key: expect.stringMatching(/\.zip$/u) },
    });
  }
  expect(functions.length).toBeGreaterThan(10);
  expect(Object.keys(made.toJSON())).not.toEqual(expect.arrayContaining(["Parameters"]));
  expect(Object.keys(made.toJSON())).not.toEqual(expect.arrayContaining(["Rules"]));
});

test("names, patterns, ARNs and secrets become the patterns of ARNs that the roles have", () => {
  const rekey = rekeyIn({ secrets: ["db/*", "db/orders", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-*"] });
  const arn = (name: string): object => ({ "Fn::Join": ["", expect.arrayContaining([`:secret:${name}`])] });
  expect(JSON.stringify(variables(rekey, "Reconcile")["REKEY_SECRETS"])).toMatch(
    /:secret:db\/\*,.*:secret:db\/orders-\?{6},arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-\*/u,
  );
  expect(arn).toBeTypeOf("function");
});

test.each([
  [{ secrets: ["db/*"], eventBusName: "no blanks" }, /EventBusName: must match/u],
  [{}, /SecretArnPattern: must match/u],
  [{ secrets: ["db/*"], maximumSecretAgeDays: -1 }, /MaximumSecretAgeDays: must be at least 0/u],
  [{ secrets: ["db/*"], webhookUrl: "https://hooks.example.com" }, /WebhookKeySecretArn is needed with WebhookUrl/u],
  [{ secrets: ["db/*"], stackName: "a".repeat(40) }, /stackName: a+ has more than 39 characters/u],
] satisfies readonly (readonly [RekeyProps, RegExp])[])(
  "what CloudFormation would refuse of %j is refused at synthesis",
  (props, problem) => {
    expect(() => Template.fromStack(rekeyIn(props))).toThrow(problem);
  },
);

test("a value that is known only at deployment makes no condition that CloudFormation refuses", () => {
  const stack = new Stack(new App(), "Keys");
  const rekey = new Rekey(stack, "rekey", { secrets: ["db/*"], dataKey: new Key(stack, "Key"), vaultAddress: "" });
  const { Conditions } = Template.fromStack(rekey).toJSON();
  expect(JSON.stringify(Conditions)).not.toMatch(/Fn::ImportValue|Ref|GetAtt/u);
  expect(Conditions).toMatchObject({
    HasDataKey: { "Fn::Equals": ["true", "true"] },
    MirrorToVault: { "Fn::Equals": ["false", "true"] },
  });
});

/** A team's own stack: a VPC, a cluster, and the login of one service. */
function orders(stack: Stack) {
  const vpc = new Vpc(stack, "Vpc");
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

  const made = Template.fromStack(rekey);
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
  expect(variables(rekey, "RotatePostgres")["REKEY_ADMIN_SECRETS"]).toEqual({
    "Fn::ImportValue": expect.stringContaining("DatabaseSecretAttachment"),
  });
  expect(JSON.stringify(made.toJSON().Resources["RotatePostgresRole"])).toMatch(
    /kms:Decrypt.*Fn::ImportValue":"Orders:ExportsOutputFnGetAttKey/u,
  );
  Template.fromStack(stack).hasResourceProperties("AWS::SecretsManager::Secret", {
    GenerateSecretString: Match.objectLike({ SecretStringTemplate: Match.stringLikeRegexp("orders") }),
    Tags: Match.arrayWith([
      { Key: "rekey:admin-secret", Value: { Ref: Match.stringLikeRegexp("^DatabaseSecretAttachment") } },
      { Key: "rekey:strategy", Value: "alternating-users" },
    ]),
  });
});

test("what is said of a rotation is what the schedule and the tags have", () => {
  const stack = new Stack(new App(), "Orders");
  const secret = new Secret(stack, "Secret");
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
  Template.fromStack(rekey).hasResourceProperties("AWS::SecretsManager::RotationSchedule", {
    RotationLambdaARN: { "Fn::GetAtt": ["RotateMysql", "Arn"] },
    RotationRules: { Duration: "3h", ScheduleExpression: "cron(0 4 ? * SUN *)" },
    RotateImmediatelyOnUpdate: true,
  });
  Template.fromStack(stack).hasResourceProperties("AWS::SecretsManager::Secret", {
    Tags: [
      { Key: "rekey:grace", Value: "120m" },
      { Key: "rekey:password-charset", Value: "alnum" },
      { Key: "rekey:strategy", Value: "dual-password" },
    ],
  });
});

test.each([
  [{}, /engine.*must be set/u],
  [{ database: { engine: { engineType: "oracle-se2" } } }, /oracle-se2 has no rotation function/u],
])("an engine that is not named, or that has no function, is refused", (options, problem) => {
  const stack = new Stack(new App(), "Orders");
  const rotate = (): unknown => Reflect.apply(rekeyIn({}).rotate, rekeyIn({}), [new Secret(stack, "Secret"), options]);
  expect(rotate).toThrow(problem);
});

test("a stack that another app deployed rotates a secret of this one by the function's name", () => {
  const stack = new Stack(new App(), "Orders");
  Rekey.fromStackName(stack, "Rekey", "rekey-prod").rotate(new Secret(stack, "Secret"), {
    engine: "vault-static-role",
  });
  Template.fromStack(stack).hasResourceProperties("AWS::SecretsManager::RotationSchedule", {
    RotationLambdaARN: {
      "Fn::Join": ["", Match.arrayWith([Match.stringLikeRegexp(":function:rekey-prod-rotate-vault-static-role$")])],
    },
  });
});

test("a secret that is made elsewhere cannot be tagged, and a database is out of reach without a VPC: both are said", () => {
  const stack = new Stack(new App(), "Orders");
  const { cluster } = orders(stack);
  const rekey = new Rekey(stack, "rekey");
  rekey.rotate(Secret.fromSecretNameV2(stack, "Imported", "db/orders"), { database: cluster });
  const warnings = Annotations.fromStack(rekey);
  warnings.hasWarning("*", Match.stringLikeRegexp("set its tag rekey:strategy to single-user"));
  warnings.hasWarning("*", Match.stringLikeRegexp("rekey has no vpc"));
});

test("a stack within another one goes to where that one goes", () => {
  const env = { account: "123456789012", region: "eu-west-1" };
  const { account, region } = rekeyIn({ secrets: ["db/*"] }, { env });
  expect({ account, region }).toEqual(env);
});
