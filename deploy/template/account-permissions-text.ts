import { rotationFunctions } from "./functions/rotation.ts";
import { pascalCase } from "../reading/function-names.ts";
import { indent } from "./text.ts";

/** Keys of IAM users are rotated in rekey's own account alone. */
const isForOthers = ({ condition }: (typeof rotationFunctions)[number]): boolean => condition !== "RotatesIamKeys";

const permission = (row: (typeof rotationFunctions)[number]): string => `
${pascalCase(row.name)}:
  Type: AWS::Lambda::Permission${row.condition === "VaultIsAuthority" ? "\n  Condition: HasStaticRoles" : ""}
  Properties:
    Action: lambda:InvokeFunction
    FunctionName: !Sub \${RekeyStackName}-${row.name}
    Principal: secretsmanager.amazonaws.com
    SourceAccount: !Ref SecretsAccountId
`;

/** `templates/accounts/permissions.yaml`, before its format. */
export const accountPermissionsText = (): string => `\
# Written by \`npm run docs\` from deploy/template.
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  Lets Secrets Manager of another account invoke rekey's rotation functions for secrets of that account. Deploy it next to
  rekey's stack, one stack for each such account. Delete it to end what that account may do.

Parameters:
  RekeyStackName:
    Type: String
    Default: rekey
    Description: The name of rekey's stack, which the functions' names begin with.
    AllowedPattern: "[A-Za-z][A-Za-z0-9-]{0,127}"
  SecretsAccountId:
    Type: String
    Description: The account of the secrets.
    AllowedPattern: \\d{12}
  RotatesStaticRoles:
    Type: String
    Default: "false"
    AllowedValues: ["true", "false"]
    Description: true where rekey's stack has the function that rotates static roles of Vault.

Conditions:
  HasStaticRoles: !Equals [!Ref RotatesStaticRoles, "true"]

Resources:${indent(2, rotationFunctions.filter(isForOthers).map(permission).join(""))}`;
