import { readFileSync } from "node:fs";
import { resolve as pathTo } from "node:path";
import { expect, test } from "vitest";
import { record } from "../../local/aws/members.ts";
import { resolve } from "../../local/template/intrinsics.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { roots } from "../support/private-authority.ts";
import { wholeScope } from "../support/template-policies.ts";

const template = readTemplate(readFileSync(pathTo(import.meta.dirname, "../../template.yaml"), "utf8"));
/** Of all variables of a function, their names included. */
const lambdasLimit = 4_096;

const account = "123456789012";
const name = (letter: string, length: number): string => letter.repeat(length);
const secretOf = (label: string): string =>
  `arn:aws:secretsmanager:ap-southeast-2:${account}:secret:${label.padEnd(48, "x")}-AbCdEf`;
const host = (index: number): string =>
  `${name("d", 40)}${index}.cluster-abcdefghijkl.ap-southeast-2.rds.amazonaws.com`;
const several = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(",");

/** As long as docs/reference/secret.md says that they may be, all at once. */
const longest: Readonly<Record<string, string>> = {
  SecretArnPattern: several(4, (index) => `arn:aws:secretsmanager:ap-southeast-2:${account}:secret:team-${index}/*`),
  AdminSecretArns: several(10, (index) => secretOf(`admin-${index}`)),
  AdminTargets: several(5, (index) => `${secretOf(`admin-${index}`)}=${host(index)}:5432`),
  UserGrants: several(5, (index) => `team/orders-${index}=orders_b@${host(index)}:5432`),
  CacheUserArns: several(10, (index) => `arn:aws:elasticache:ap-southeast-2:${account}:user:orders-${index}`),
  CacheUserGrants: several(
    10,
    (index) => `team/orders-${index}=arn:aws:elasticache:ap-southeast-2:${account}:user:orders-${index}`,
  ),
  HttpApis: JSON.stringify({ sendgrid: { origin: name("h", 2_000) } }),
  HttpApiGrants: several(5, (index) => `team/mail-${index}=sendgrid:team-${index}`),
  HttpApiOrigins: several(5, (index) => `https://api-${index}.internal.example.com:8443`),
  MskSecretGrants: several(
    5,
    (index) => `team/kafka-${index}=${secretOf(`AmazonMSK_a-${index}`)} ${secretOf(`AmazonMSK_b-${index}`)}`,
  ),
  IamUserGrants: several(20, (index) => `team/mailer-${index}=team-mailer-${index}`),
  EventBusName: name("b", 60),
  SecretsManagerEndpoint: "https://vpce-0123456789abcdef0-abcdefgh.secretsmanager.ap-southeast-2.vpce.amazonaws.com",
  TlsCaSecretArn: secretOf("database-roots"),
  VaultCaSecretArn: secretOf("vault-roots"),
  VaultAddress: `https://${name("v", 60)}.example.com:8200`,
  VaultNamespace: "admin/platform/team",
  VaultMount: "platform/secret",
  VaultPathPrefix: name("p", 60),
  VaultRole: name("r", 60),
  VaultRoleId: "01234567-89ab-cdef-0123-456789abcdef",
  VaultAuthorityRole: name("r", 60),
  VaultAuthorityRoleId: "01234567-89ab-cdef-0123-456789abcdef",
  VaultCredentialSecretArn: secretOf("vault-credential"),
  VaultAuthorityCredentialSecretArn: secretOf("vault-authority"),
  VaultRoleGrants: several(10, (index) => `team/orders-${index}=platform/database/orders-app-${index}`),
  VaultCluster: "eu-1",
  VaultClusters: several(5, (index) => `eu-${index}`),
  VaultClusterRoutes: several(5, (index) => `prefix:team-${index}/=eu-${index}`),
  VaultTemplates: JSON.stringify({ spring: { url: name("t", 1_500) } }),
  WebhookUrl: `https://hooks.example.com/${name("w", 100)}`,
  WebhookKeySecretArn: secretOf("webhook-key"),
  ChatTargets: JSON.stringify([{ kind: "teams", secret: secretOf(name("t", 2_400)) }]),
  ChatSecretArns: several(10, (index) => secretOf(`chat-${index}`)),
  KubernetesClustersSecretArn: secretOf("kubernetes"),
  RunbookUrl: `https://${name("r", 200)}.example.com/`,
  ConsoleUrl: `https://${name("c", 200)}.example.com/`,
  RedisSecretArn: secretOf("redis"),
  RedisChannelKeySecretArn: secretOf("redis-key"),
  RedisChannel: name("c", 60),
};

/** What Lambda measures, for each function. */
function sizes(given: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  const scope = {
    ...wholeScope(template, given),
    pseudo: {
      "AWS::AccountId": account,
      "AWS::Partition": "aws",
      "AWS::Region": "ap-southeast-2",
      "AWS::StackName": name("s", 39),
      "AWS::URLSuffix": "amazonaws.com",
    },
  };
  const variablesOf = (function_: ReturnType<typeof record>) => record(record(function_, "Environment"), "Variables");
  const functions = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::Serverless::Function");
  return new Map(
    functions.map(([logicalId, resource]) => {
      const variables = {
        ...variablesOf(record(template.Globals, "Function")),
        ...variablesOf(record(resource, "Properties")),
      };
      return [logicalId, Buffer.byteLength(JSON.stringify(resolve(variables, scope)))];
    }),
  );
}

const over = (given: Readonly<Record<string, string>>): readonly string[] =>
  [...sizes(given)].filter(([, bytes]) => bytes > lambdasLimit).map(([logicalId]) => logicalId);

test("with every value as long as the reference says, no function's variables are more than Lambda takes", () => {
  expect(over(longest)).toEqual([]);
  expect(Math.max(...sizes(longest).values())).toBeGreaterThan(3_000);
});

test("two roots as text do not fit next to them, which is why they may be a file or a secret", () => {
  const { TlsCaSecretArn, VaultCaSecretArn, ...others } = longest;
  expect(TlsCaSecretArn).not.toBe(VaultCaSecretArn);
  const asText = over({ ...others, TlsCaSecretArn: "", VaultCaSecretArn: "", TlsCa: roots, VaultCaCert: roots });
  expect(asText).toContain("RotatePostgres");
  expect(asText).toContain("MirrorToVaultFunction");
  expect(
    over({
      ...others,
      TlsCaSecretArn: "",
      VaultCaSecretArn: "",
      TlsCa: "/opt/roots.pem",
      VaultCaCert: "/opt/roots.pem",
    }),
  ).toEqual([]);
});
