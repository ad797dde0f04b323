import type { FunctionRow } from "../function-resources.ts";
import {
  allow,
  busNameVariable,
  eitherBus,
  publish,
  readAndWrite,
  readTheseSecrets,
  readTheVaultCa,
  readTheVaultCredential,
  useDataKey,
  useSecretsKey,
} from "../statements.ts";
import { onlyIf } from "../text.ts";
import { mirrorVariables } from "./mirror-variables.ts";

// The schedule puts one message into the queue, from which the function lists the secrets and sends itself a message for
// each hundred of them.
export const reconcile: FunctionRow = {
  name: "reconcile",
  description: "Looks at every secret and its mirror, repairs what is safe, and reports the rest.",
  memoryMb: 256,
  timeoutSeconds: 60,
  recursive: true, // Each link lists 10,000 secrets.
  variables: [
    busNameVariable,
    'REKEY_LOGIN_QUEUE_URL: !If [ChecksLogins, !Ref LoginQueue, ""]',
    "REKEY_RECONCILE: !If [OwnsBus, all, mirror]",
    "REKEY_RECONCILE_QUEUE_URL: !Ref ReconcileQueue",
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
    ...mirrorVariables,
  ],
  statements: [
    allow("ListSecrets", "secretsmanager:ListSecrets", '"*" # Takes no resource.'),
    readTheseSecrets,
    publish(["Secret Finding"], eitherBus),
    allow("SendItselfTheRest", "sqs:SendMessage", "!GetAtt ReconcileQueue.Arn"),
    onlyIf("ChecksLogins", allow("HandOverLogins", "sqs:SendMessage", "!GetAtt LoginQueue.Arn")),
    readTheVaultCredential,
    readTheVaultCa,
    useSecretsKey(),
    useDataKey(readAndWrite),
  ],
  publishes: true,
  queue: {
    name: "ReconcileQueue",
    batchSize: 1,
    keepSeconds: "86400",
    tries: 3,
    rules: ["!GetAtt ReconcileRule.Arn"],
    sender: "ReconcileRole",
  },
};
