import type { FunctionRow } from "../function-resources.ts";
import { allow, publish, useDataKey } from "../statements.ts";
import { functionArn } from "../text.ts";

// Secrets Manager tells the default bus of every new AWSCURRENT, whoever made it; with a trail in the region, CloudTrail
// tells of deletions and of rotations that stopped. A message that waits for a rotation to finish comes again after a minute.
export const announceChange: FunctionRow = {
  name: "announce-change",
  description: "Makes Secrets Manager's own events rekey's, so that a change by hand reaches every subscriber.",
  condition: "OwnsBus",
  memoryMb: 256,
  timeoutSeconds: 10,
  variables: [
    "EVENT_BUS_NAME: !Ref EventBus",
    `REKEY_ROTATION_FUNCTIONS: ${functionArn("rotate-*")}`,
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [
    allow(
      "DescribeTheseSecrets",
      ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"],
      "!Ref SecretArnPattern",
    ),
    publish([
      "Secret Deleted",
      "Secret Replicated",
      "Secret Restored",
      "Secret Retagged",
      "Secret Rotated",
      "Secret Rotation Stopped",
    ]),
    useDataKey(),
  ],
  publishes: true,
  queue: {
    name: "AnnounceQueue",
    batchSize: 10,
    keepSeconds: "1209600",
    tries: 5,
    rules: [
      "!GetAtt LabelUpdatedRule.Arn",
      "!GetAtt SecretsTrailRule.Arn",
      "!If [HasReplicaBus, !GetAtt ReplicasRule.Arn, !Ref AWS::NoValue]",
    ],
  },
};
