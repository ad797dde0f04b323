import type { FunctionRow } from "../function-resources.ts";
import {
  accountVariables,
  allow,
  assumeAccountRoles,
  describeTheseSecrets,
  readAndWrite,
  useDataKey,
} from "../statements.ts";
import { functionArn, onlyIf } from "../text.ts";

// A message of a new version waits in the queue until the replaced credential may stop: at the end of its grace period, or
// when every subscriber has said that it uses the new one. Waiting counts as a try, so there are many.
export const retirePrevious: FunctionRow = {
  name: "retire-previous",
  description: "Has a replaced credential stop when its grace period is over or nobody uses it any more.",
  condition: "Rotates",
  memoryMb: 256,
  timeoutSeconds: 60,
  variables: [
    ...accountVariables,
    'REKEY_ADOPTION_TABLE: !If [KeepsAdoptions, !Ref AdoptionTable, ""]',
    "REKEY_RETIRE_QUEUE_URL: !Ref RetireQueue",
    `REKEY_ROTATION_FUNCTIONS: ${functionArn("rotate-*")}`,
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "REKEY_UNNAMED_SUBSCRIBERS: !Ref AcceptUnnamedSubscribers",
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [
    describeTheseSecrets,
    assumeAccountRoles,
    allow("AskTheRotationFunctions", "lambda:InvokeFunction", functionArn("rotate-*")),
    onlyIf("KeepsAdoptions", allow("NoteAdoptions", "dynamodb:UpdateItem", "!GetAtt AdoptionTable.Arn")),
    allow("HoldMessages", ["sqs:ChangeMessageVisibility", "sqs:SendMessage"], "!GetAtt RetireQueue.Arn"),
    useDataKey(readAndWrite, ["dynamodb", "sqs"]),
  ],
  publishes: false,
  queue: {
    name: "RetireQueue",
    batchSize: 1,
    keepSeconds: "1209600",
    tries: 200,
    rules: ["!GetAtt RetireRule.Arn"],
    sender: "RetirePreviousRole",
  },
};
