import type { FunctionRow } from "../function-resources.ts";
import {
  describeTheseSecrets,
  readSecret,
  readTheTlsCa,
  tlsCaVariable,
  useDataKey,
  useSecretsKey,
} from "../statements.ts";
import { onlyIf } from "../text.ts";

// An API destination cannot sign a body, so this function does.
export const notifyWebhook: FunctionRow = {
  name: "notify-webhook",
  description: "Posts each new version's event, signed, to one address.",
  condition: "HasWebhook",
  memoryMb: 256,
  timeoutSeconds: 30,
  variables: [
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "REKEY_WEBHOOK_KEY_SECRET: !Ref WebhookKeySecretArn",
    "REKEY_WEBHOOK_URL: !Ref WebhookUrl",
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [describeTheseSecrets, readSecret("ReadTheKey", "WebhookKeySecretArn"), useSecretsKey(), useDataKey()],
  publishes: false,
  queue: {
    name: "WebhookQueue",
    batchSize: 5,
    keepSeconds: "1209600",
    tries: 20,
    rules: ["!GetAtt WebhookRule.Arn"],
  },
};

// No service of AWS publishes on a channel of Redis, so this function does.
export const notifyRedis: FunctionRow = {
  name: "notify-redis",
  description: "Publishes each new version's event on a channel of Redis.",
  condition: "HasRedis",
  memoryMb: 256,
  timeoutSeconds: 30,
  variables: [
    "NODE_EXTRA_CA_CERTS: /var/runtime/ca-cert.pem # Lambda's own file of Amazon's roots, those of ElastiCache among them.",
    "REKEY_REDIS_CHANNEL: !Ref RedisChannel",
    "REKEY_REDIS_KEY_SECRET: !Ref RedisChannelKeySecretArn",
    "REKEY_REDIS_SECRET: !Ref RedisSecretArn",
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    tlsCaVariable,
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [
    describeTheseSecrets,
    readSecret("ReadTheLogin", "RedisSecretArn"),
    onlyIf("SignsRedisChannel", readSecret("ReadTheKey", "RedisChannelKeySecretArn")),
    readTheTlsCa,
    useSecretsKey(),
    useDataKey(),
  ],
  publishes: false,
  queue: {
    name: "RedisQueue",
    batchSize: 5,
    keepSeconds: "1209600",
    tries: 20,
    rules: ["!GetAtt RedisRule.Arn"],
  },
};

// What is posted depends on the service, and several events are one message, so this function does.
export const notifyChat: FunctionRow = {
  name: "notify-chat",
  description: "Tells chat and on-call services of failures and findings.",
  condition: "HasChat",
  memoryMb: 256,
  timeoutSeconds: 60,
  variables: [
    "REKEY_CHAT_TARGETS: !Ref ChatTargets",
    "REKEY_CONSOLE_URL: !Ref ConsoleUrl",
    "REKEY_RUNBOOK_URL: !Ref RunbookUrl",
    'REKEY_SECRETS: !Join [",", !Ref SecretArnPattern]',
    "SECRETS_MANAGER_ENDPOINT: !Ref SecretsManagerEndpoint",
  ],
  statements: [
    describeTheseSecrets,
    onlyIf("HasChatSecrets", readSecret("ReadTheAddressesAndKeys", "ChatSecretArns")),
    useSecretsKey(),
    useDataKey(),
  ],
  publishes: false,
  queue: {
    name: "ChatQueue",
    batchSize: 100,
    windowSeconds: 20,
    concurrency: "2",
    keepSeconds: "1209600",
    tries: 20,
    rules: ["!GetAtt ChatRule.Arn"],
  },
};
