import { ArnFormat, Token, type Stack } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { RekeySettings } from "./rekey-settings.ts";
import { isList } from "../reading/parameters.ts";
import type { ParameterDeclaration } from "./read-template.ts";
import type { Value, Values } from "./template-logic.ts";

/** What rekey is deployed with: the template's parameters, those that name other resources as constructs. */
export interface RekeyConfiguration extends RekeySettings {
  /**
   * Secrets that rekey may rotate and mirror, next to those that `rotate` is given: secrets, names such as `db/orders`,
   * patterns of names such as `db/*`, and ARNs.
   */
  readonly secrets?: readonly (ISecret | string)[];
  /** Administrators' secrets that rotations may log in with, next to those that `rotate` is given. */
  readonly adminSecrets?: readonly ISecret[];
  /** The customer managed key of secrets that are not given as constructs. */
  readonly secretsKey?: IKey;
  /** A customer managed key for logs, variables, queues, the topic and the table. */
  readonly dataKey?: IKey;
  /** The VPC that the functions run in. Default: none. */
  readonly vpc?: IVpc;
  /** Default: the private subnets. */
  readonly vpcSubnets?: SubnetSelection;
  /** Default: one security group that lets everything out and nothing in. */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** Who is told of alarms. */
  readonly alarmTopic?: ITopic;
}

/** A secret's name, or a pattern of names, as the pattern of an ARN: AWS adds six characters to a name. */
function arnPattern(stack: Stack, secret: ISecret | string): string {
  if (typeof secret !== "string") return secret.secretFullArn ?? `${secret.secretArn}-??????`;
  if (Token.isUnresolved(secret) || secret.startsWith("arn:")) return secret;
  const resourceName = secret.endsWith("*") ? secret : `${secret}-??????`;
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return stack.formatArn({ service: "secretsmanager", resource: "secret", resourceName, arnFormat });
}

const fullArn = (secret: ISecret): string => secret.secretFullArn ?? secret.secretArn;
const unique = (items: readonly string[]): readonly string[] => [...new Set(items)];

function plainValue(setting: unknown): Value | undefined {
  return typeof setting === "boolean" ? String(setting) : (setting as Value | undefined);
}

/** A value for each parameter of the template. */
export function parameterValues(
  declarations: Readonly<Record<string, ParameterDeclaration>>,
  stack: Stack,
  configuration: RekeyConfiguration,
): Values {
  const { secrets = [], adminSecrets = [], securityGroups = [] } = configuration;
  const { secretsKey, dataKey, vpc, vpcSubnets, alarmTopic } = configuration;
  const keys = secrets.map((secret) => (typeof secret === "string" ? undefined : secret.encryptionKey));
  const made: Values = {
    SecretArnPattern: unique(secrets.map((secret) => arnPattern(stack, secret))),
    AdminSecretArns: unique(adminSecrets.map(fullArn)),
    SecretsKmsKeyArn: unique([secretsKey, ...keys].flatMap((key) => (key === undefined ? [] : [key.keyArn]))),
    DataKmsKeyArn: dataKey?.keyArn ?? "",
    VpcSubnetIds: vpc?.selectSubnets(vpcSubnets).subnetIds ?? [],
    VpcSecurityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
    AlarmTopicArn: alarmTopic?.topicArn ?? "",
  };
  const settings = Object.entries(configuration).map(([name, value]) => [
    `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    plainValue(value),
  ]);
  const given: Readonly<Record<string, Value | undefined>> = { ...Object.fromEntries(settings), ...made };
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => {
      const value = given[name] ?? declaration.Default ?? "";
      const empty = isList(declaration) && (value === "" || (Array.isArray(value) && value.length === 0));
      return [name, empty ? [""] : value];
    }),
  );
}
