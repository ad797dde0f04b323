import { flow, functionArn, onlyIf } from "./text.ts";

/** Statements of a function's role. Each is one item of a YAML list. */

const wordsOf = (list: string | readonly string[]): string => (typeof list === "string" ? list : flow(list));

const conditionLines = (
  conditions: string | { readonly operator: string; readonly keys: string },
): readonly string[] => {
  if (conditions === "") return [];
  const { operator, keys } =
    typeof conditions === "string" ? { operator: "StringEquals", keys: conditions } : conditions;
  return ["  Condition:", `    ${operator}:`, `      ${keys}`];
};

export const allow = (
  sid: string,
  actions: string | readonly string[],
  resource: string,
  conditions: string | { readonly operator: string; readonly keys: string } = "",
): string =>
  [
    `- Sid: ${sid}`,
    "  Effect: Allow",
    `  Action: ${wordsOf(actions)}`,
    `  Resource: ${resource}`,
    ...conditionLines(conditions),
  ].join("\n");

const throughService = (services: readonly string[]): string => {
  const names = services.map((service) => `!Sub "${service}.\${AWS::Region}.\${AWS::URLSuffix}"`);
  return `kms:ViaService: ${names.length === 1 ? (names[0] ?? "") : flow(names)}`;
};

/** The key of the secrets. Whoever writes a version needs a data key, too. */
export const useSecretsKey = (actions: string | readonly string[] = "kms:Decrypt"): string =>
  onlyIf(
    "HasKmsKey",
    allow("UseTheKeyThroughSecretsManager", actions, "!Ref SecretsKmsKeyArn", throughService(["secretsmanager"])),
  );

/** The key of rekey's own data. Whoever sends to a queue or writes the table needs a data key, too. */
export const useDataKey = (
  actions: string | readonly string[] = "kms:Decrypt",
  services: readonly string[] = ["sqs"],
): string =>
  onlyIf(
    "HasDataKey",
    allow("UseTheDataKeyThroughItsServices", actions, "!Ref DataKmsKeyArn", throughService(services)),
  );

export const readAndWrite = ["kms:Decrypt", "kms:GenerateDataKey"];

export const describeTheseSecrets = allow(
  "DescribeTheseSecrets",
  "secretsmanager:DescribeSecret",
  "!Ref SecretArnPattern",
);

export const readTheseSecrets = allow(
  "ReadTheseSecrets",
  ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
  "!Ref SecretArnPattern",
);

export const rotateTheseSecrets = (name: string): string =>
  allow(
    "RotateTheseSecrets",
    [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:ListSecretVersionIds",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ],
    "!Ref SecretArnPattern",
    // Of a secret that another function rotates, this one reads and writes nothing.
    `secretsmanager:resource/AllowRotationLambdaArn: ${functionArn(name)}`,
  );

export const readSecret = (sid: string, secret: string): string =>
  allow(sid, "secretsmanager:GetSecretValue", `!Ref ${secret}`);

export const readTheVaultCredential = onlyIf(
  "HasVaultCredential",
  readSecret("ReadTheVaultCredential", "VaultCredentialSecretArn"),
);

/** Root certificates: the text or the path of a file, or the ARN of a secret that the role may then read. */
export const tlsCaVariable = "REKEY_TLS_CA: !If [HasTlsCaSecret, !Ref TlsCaSecretArn, !Ref TlsCa]";
export const readTheTlsCa = onlyIf("HasTlsCaSecret", readSecret("ReadTheTlsCa", "TlsCaSecretArn"));
export const vaultCaVariable = "VAULT_CACERT: !If [HasVaultCaSecret, !Ref VaultCaSecretArn, !Ref VaultCaCert]";
export const readTheVaultCa = onlyIf("HasVaultCaSecret", readSecret("ReadTheVaultCa", "VaultCaSecretArn"));

/** Secrets of other accounts, each through the role of its account. */
export const assumeAccountRoles = onlyIf(
  "HasAccountRoles",
  allow("AssumeTheRolesOfOtherAccounts", "sts:AssumeRole", "!Ref AccountRoleArns"),
);
export const accountVariables = [
  "REKEY_ACCOUNT_EXTERNAL_ID: !Ref AccountExternalId",
  'REKEY_ACCOUNT_ROLES: !Join [",", !Ref AccountRoleArns]',
];

/** This stack's bus, or the one of the stack whose cluster this is. */
export const busNameVariable =
  "EVENT_BUS_NAME: !If [OwnsBus, !Ref EventBus, !If [NamesBus, !Ref EventBusName, !Ref AWS::StackName]]";

const ownBus = "!GetAtt EventBus.Arn";
export const eitherBus =
  "!If [OwnsBus, !GetAtt EventBus.Arn, !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}']";

export const publish = (detailTypes: readonly string[], bus = ownBus): string =>
  allow(
    "PublishOnThisBus",
    "events:PutEvents",
    bus,
    `events:source: rekey\n      events:detail-type: ${flow(detailTypes)}`,
  );
