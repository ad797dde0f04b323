import type { FunctionRow } from "../function-resources.ts";
import {
  busNameVariable,
  eitherBus,
  publish,
  readTheseSecrets,
  readTheVaultCa,
  readTheVaultCredential,
  useDataKey,
  useSecretsKey,
} from "../statements.ts";
import { mirrorVariables } from "./mirror-variables.ts";

// The queue holds what Vault cannot take now: five tries, three minutes apart, then the dead-letter queue.
export const mirrorToVault: FunctionRow = {
  name: "mirror-to-vault",
  description: "Brings the current version of a rotated secret to Vault.",
  condition: "MirrorToVault",
  memoryMb: 256,
  timeoutSeconds: 30,
  variables: [
    busNameVariable,
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
    ...mirrorVariables,
  ],
  statements: [
    readTheseSecrets,
    publish(["Secret Mirrored"], eitherBus),
    readTheVaultCredential,
    readTheVaultCa,
    useSecretsKey(),
    useDataKey(),
  ],
  publishes: true,
  queue: {
    name: "MirrorQueue",
    batchSize: 10,
    keepSeconds: "1209600",
    tries: 5,
    rules: ["!GetAtt MirrorRule.Arn"],
  },
};
