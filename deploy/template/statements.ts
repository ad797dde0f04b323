import { flow, onlyIf } from "./text.ts";

/** Statements of a function's role. Each is one item of a YAML list. */

const wordsOf = (list: string | readonly string[]): string => (typeof list === "string" ? list : flow(list));

export const allow = (sid: string, actions: string | readonly string[], resource: string, conditions = ""): string =>
  [
    `- Sid: ${sid}`,
    "  Effect: Allow",
    `  Action: ${wordsOf(actions)}`,
    `  Resource: ${resource}`,
    ...(conditions === "" ? [] : ["  Condition:", "    StringEquals:", `      ${conditions}`]),
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

export const readSecret = (sid: string, secret: string): string =>
  allow(sid, "secretsmanager:GetSecretValue", `!Ref ${secret}`);

export const readTheVaultCredential = onlyIf(
  "HasVaultCredential",
  readSecret("ReadTheVaultCredential", "VaultCredentialSecretArn"),
);

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
