import { isMembers, type Members } from "../../shared/answers/members.ts";
import { list, record } from "../../local/aws/members.ts";
import { type DeployedResource, resolve, type Scope } from "../../local/template/intrinsics.ts";
import { bindParameters } from "../../local/template/parameters.ts";
import type { Template } from "../../deploy/reading/read-template.ts";

const account = "123456789012";
const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret`;
const key = `arn:aws:kms:us-east-1:${account}:key`;
/** Parameters under which every condition of a template holds. */
const everything: Readonly<Record<string, string>> = {
  SecretRotatedTopicArn: `arn:aws:sns:us-east-1:${account}:rekey-secret-rotated`,
  ServiceName: "orders",
  Cluster: "main",
  Service: "orders",
  FunctionName: "reader",
  FunctionAlias: "live",
  SecretArnPattern: `${secret}:db/*`,
  AccountRoleArns: "arn:aws:iam::210987654321:role/rekey-rotation",
  IamUserArns: `arn:aws:iam::${account}:user/rekey/*`,
  AccountExternalId: "rekey-of-the-platform",
  SubscriberAccountIds: "210987654321",
  RekeyRoleArns: `arn:aws:iam::${account}:role/rekey-RotatePostgresRole-*`,
  RekeyAccountId: account,
  SecretsAccountId: "210987654321",
  ExternalId: "rekey-of-the-platform",
  RotationFunctionArns: `arn:aws:lambda:us-east-1:${account}:function:rekey-rotate-postgres`,
  SecretsKmsKeyArns: `${key}/secrets`,
  SenderAccountId: account,
  CacheUserArns: `arn:aws:elasticache:us-east-1:${account}:user:orders,arn:aws:memorydb:us-east-1:${account}:user/orders`,
  MskSecretArns: `${secret}:AmazonMSK_orders_a-AbCdEf,${secret}:AmazonMSK_orders_b-AbCdEf`,
  AdminSecretArns: `${secret}:admin-AbCdEf`,
  SecretsKmsKeyArn: `${key}/secrets`,
  TlsCaSecretArn: `${secret}:tls-roots-AbCdEf`,
  VaultCaSecretArn: `${secret}:vault-roots-AbCdEf`,
  DataKmsKeyArn: `${key}/data`,
  Tracing: "Active",
  VpcSubnetIds: "subnet-01234567",
  VpcSecurityGroupIds: "sg-01234567",
  VaultAddress: "https://vault.example.com:8200",
  VaultCredentialSecretArn: `${secret}:vault-AbCdEf`,
  VaultAuthorityCredentialSecretArn: `${secret}:authority-AbCdEf`,
  LoginCheckConcurrency: "2",
  OperatorRoleArns: `arn:aws:iam::${account}:role/ops-*`,
  SenderRoleArns: `arn:aws:iam::${account}:role/rekey-ReplicaBusesRole-*`,
  ReplicaBusArn: `arn:aws:events:eu-west-1:${account}:event-bus/rekey`,
  RedisSecretArn: `${secret}:redis-AbCdEf`,
  RedisChannelKeySecretArn: `${secret}:redis-key-AbCdEf`,
  WebhookUrl: "https://hook.example.com",
  WebhookKeySecretArn: `${secret}:hook-AbCdEf`,
  ChatTargets: `[{"kind":"slack","secret":"${secret}:chat/slack-AbCdEf"}]`,
  ChatSecretArns: `${secret}:chat/slack-AbCdEf`,
  KubernetesClustersSecretArn: `${secret}:kubernetes-AbCdEf`,
  SecretArns: `${secret}:db/*`,
};

/** The ARN that a resource would get, as far as a policy can name one. */
function arnOf(logicalId: string, type: string): string {
  const [, , service = "", kind = ""] = /^(AWS)::((?:\w+))::(\w+)$/u.exec(type) ?? [];
  const place = `us-east-1:${account}`;
  const named: Readonly<Record<string, string>> = {
    EventBus: `arn:aws:events:${place}:event-bus/rekey`,
    Rule: `arn:aws:events:${place}:rule/${logicalId}`,
    StateMachine: `arn:aws:states:${place}:stateMachine:${logicalId}`,
    Role: `arn:aws:iam::${account}:role/${logicalId}`,
    LogGroup: `arn:aws:logs:${place}:log-group:/aws/lambda/${logicalId}:*`,
    Table: `arn:aws:dynamodb:${place}:table/${logicalId}`,
  };
  return named[kind] ?? `arn:aws:${service.toLowerCase()}:${place}:${logicalId}`;
}

/** A resource as if it had been made: a queue's reference would be its URL, and every other's may be its ARN. */
const asMade = ([logicalId, { Type }]: readonly [string, Members]): readonly [string, DeployedResource] => {
  const Arn = arnOf(logicalId, String(Type));
  return [logicalId, { ref: Arn, attributes: { Arn } }];
};

export interface NamedPolicy {
  readonly logicalId: string;
  readonly document: Members;
}

/** Where a template's functions are worked out as if all of it had been made, with everything that a condition can bring. */
export function wholeScope(template: Template, more: Readonly<Record<string, string>> = {}): Scope {
  const given = Object.entries({ ...everything, ...more }).filter(([name]) => name in template.Parameters);
  return {
    parameters: bindParameters(template.Parameters, Object.fromEntries(given)),
    pseudo: {
      "AWS::AccountId": account,
      "AWS::Partition": "aws",
      "AWS::Region": "us-east-1",
      "AWS::StackName": "rekey",
      "AWS::URLSuffix": "amazonaws.com",
    },
    conditions: template.Conditions,
    resources: new Map(Object.entries(template.Resources).map(asMade)),
  };
}

/** Every policy document of a template. */
export const policiesOf = (template: Template, more?: Readonly<Record<string, string>>): readonly NamedPolicy[] =>
  policiesIn(template, wholeScope(template, more));

/** Every policy document of a template, worked out in a scope. */
export function policiesIn(template: Template, scope: Scope): readonly NamedPolicy[] {
  return Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
    const properties = record(resource, "Properties");
    const inline = list(properties, "Policies").filter(isMembers);
    const documents = [...inline.map((policy) => policy["PolicyDocument"]), properties["PolicyDocument"]].filter(
      isMembers,
    );
    return documents
      .map((document) => resolve(document, scope))
      .filter(isMembers)
      .map((document) => ({ logicalId, document }));
  });
}
