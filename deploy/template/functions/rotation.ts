import type { FunctionRow } from "../function-resources.ts";
import {
  accountVariables,
  assumeAccountRoles,
  publish,
  readAndWrite,
  readSecret,
  readTheTlsCa,
  rotateTheseSecrets,
  tlsCaVariable,
  useSecretsKey,
} from "../statements.ts";
import { pascalCase } from "../../reading/function-names.ts";
import { flow, onlyIf, valueIf } from "../text.ts";
import { type RotationRow, rotationRows as rows } from "./rotation-rows.ts";

const conditionOf = ({ experimental, condition }: RotationRow): string =>
  condition ?? (experimental === undefined ? "Rotates" : "RotatesExperimental");

const variablesOf = ({ admins, variables = [] }: RotationRow): readonly string[] => [
  "EVENT_BUS_NAME: !Ref EventBus",
  "NODE_EXTRA_CA_CERTS: /var/runtime/ca-cert.pem # Lambda's own file of Amazon's roots, those of RDS among them.",
  ...accountVariables,
  `REKEY_ADMIN_SECRETS: ${admins ? '!Join [",", !Ref AdminSecretArns]' : '""'}`,
  `REKEY_ADMIN_TARGETS: ${admins ? "!Ref AdminTargets" : '""'}`,
  `REKEY_ADMIN_TLS: ${admins ? "!Ref AdminTls" : '""'}`,
  tlsCaVariable,
  `REKEY_USER_GRANTS: ${admins ? "!Ref UserGrants" : '""'}`,
  "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ...variables,
];

/** The rotation functions, as rows of all functions. */
export const rotationFunctions: readonly FunctionRow[] = rows.map((row) => ({
  name: row.name,
  description: row.description,
  condition: conditionOf(row),
  timeoutSeconds: row.timeoutSeconds ?? 30,
  variables: variablesOf(row),
  statements: [
    rotateTheseSecrets(row.name),
    ...(row.statements ?? []),
    publish(["Secret Retired", "Secret Retirement Delayed", "Secret Rotated", "Secret Rotation Failed"]),
    ...(row.admins ? [onlyIf("HasAdminSecrets", readSecret("ReadAdminSecrets", "AdminSecretArns"))] : []),
    readTheTlsCa,
    useSecretsKey(readAndWrite),
    assumeAccountRoles,
  ],
  publishes: true,
}));

/** Secrets Manager's right to invoke a rotation function. */
export const invocation = ({ name, condition = "" }: FunctionRow): string => `\
SecretsManagerInvokes${pascalCase(name)}:
  Type: AWS::Lambda::Permission
  Condition: ${condition}
  Properties:
    Action: lambda:InvokeFunction
    FunctionName: !Ref ${pascalCase(name)}
    Principal: secretsmanager.amazonaws.com
    SourceAccount: !Ref AWS::AccountId
    SourceArn: !If
      - HasInvokingSecret
      - !Ref InvokingSecretArn
      - !Sub arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:*
`;

const arnOfRole = (row: RotationRow): string => {
  const condition = conditionOf(row);
  return valueIf(condition === "Rotates" ? undefined : condition, `!GetAtt ${pascalCase(row.name)}Role.Arn`);
};

/** Everybody who needs a secret of another account, as one text with commas. */
export const accountCallers = `!Join [",", ${flow(["!GetAtt RetirePreviousRole.Arn", ...rows.map(arnOfRole)])}]`;

/** Their ARNs, which a schedule names. */
export const rotationOutputs = rows
  .map(
    (row) =>
      `${pascalCase(row.name)}Arn:\n  Condition: ${conditionOf(row)}\n  Description: ${row.output ?? ""}\n  Value: !GetAtt ${pascalCase(row.name)}.Arn`,
  )
  .join("\n");
