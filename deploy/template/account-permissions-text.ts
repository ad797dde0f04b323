import type { FunctionRow } from "./function-resources.ts";
import { rotationFunctions } from "./functions/rotation.ts";
import { pascalCase } from "../reading/function-names.ts";
import { indent } from "./text.ts";

/** Keys of IAM users and passwords of MSK's users are rotated in rekey's own account alone. */
const inOwnAccount = new Set<string | undefined>(["RotatesIamKeys", "RotatesMsk"]);
const functions = rotationFunctions.filter(({ condition }) => !inOwnAccount.has(condition));

/** What only some stacks have, by the condition of its functions. */
const choices = [
  {
    of: "VaultIsAuthority",
    condition: "HasStaticRoles",
    parameter: "RotatesStaticRoles",
    description: "true where rekey's stack has the function that rotates static roles of Vault.",
  },
  {
    of: "RotatesExperimental",
    condition: "HasExperimentalEngines",
    parameter: "ExperimentalEngines",
    description: "true where rekey's stack has the functions of experimental engines.",
  },
].filter(({ of }) => functions.some(({ condition }) => condition === of));

const parameterText = ({ parameter, description }: (typeof choices)[number]): string => `
  ${parameter}:
    Type: String
    Default: "false"
    AllowedValues: ["true", "false"]
    Description: ${description}`;
const conditionText = ({ condition, parameter }: (typeof choices)[number]): string =>
  `\n  ${condition}: !Equals [!Ref ${parameter}, "true"]`;
const conditionLine = (row: FunctionRow): string =>
  choices.flatMap(({ of, condition }) => (of === row.condition ? [`\n  Condition: ${condition}`] : [])).join("");

const permission = (row: FunctionRow): string => `
${pascalCase(row.name)}:
  Type: AWS::Lambda::Permission${conditionLine(row)}
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
    AllowedPattern: \\d{12}${choices.map(parameterText).join("")}

Conditions:${choices.map(conditionText).join("")}

Resources:${indent(2, functions.map(permission).join(""))}`;
