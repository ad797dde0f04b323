import type { FunctionRow } from "../function-resources.ts";
import { publish, readTheseSecrets, readTheTlsCa, tlsCaVariable, useDataKey, useSecretsKey } from "../statements.ts";

// The only function that has every driver. It never repeats a login by itself: refused ones lock accounts.
export const checkLogin: FunctionRow = {
  name: "check-login",
  description: "Logs in with AWSCURRENT and reports a credential that is refused.",
  condition: "ChecksLogins",
  timeoutSeconds: 60,
  variables: [
    "EVENT_BUS_NAME: !Ref EventBus",
    "NODE_EXTRA_CA_CERTS: /var/runtime/ca-cert.pem # Lambda's own file of Amazon's roots, those of RDS among them.",
    "REKEY_HTTP_APIS: !Ref HttpApis",
    "REKEY_HTTP_API_GRANTS: !Ref HttpApiGrants",
    'REKEY_HTTP_API_ORIGINS: !Join [",", !Ref HttpApiOrigins]',
    tlsCaVariable,
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [readTheseSecrets, readTheTlsCa, publish(["Secret Finding"]), useSecretsKey(), useDataKey()],
  publishes: true,
  queue: {
    name: "LoginQueue",
    batchSize: 1,
    concurrency: "!Ref LoginCheckConcurrency",
    keepSeconds: "3600 # The next look asks again.",
    tries: 3,
    rules: [],
    sender: "ReconcileRole",
  },
};
