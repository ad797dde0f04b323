/** What a function reads when it is loaded, with values that lead nowhere: for tests and benchmarks that only load it. */
export const functionEnvironment: Readonly<Record<string, string>> = {
  AWS_REGION: "us-east-1",
  EVENT_BUS_NAME: "rekey",
  REKEY_ADOPTION_TABLE: "adoptions",
  REKEY_LOGIN_QUEUE_URL: "http://127.0.0.1/queue",
  REKEY_RECONCILE_QUEUE_URL: "http://127.0.0.1/queue",
  REKEY_KUBERNETES_CLUSTERS: "[]",
  REKEY_KUBERNETES_QUEUE_URL: "http://127.0.0.1/queue",
  REKEY_REDIS_CHANNEL: "rekey",
  REKEY_REDIS_KEY_SECRET: "redis-key",
  REKEY_REDIS_SECRET: "redis-login",
  REKEY_RETIRE_QUEUE_URL: "http://127.0.0.1/queue",
  REKEY_WEBHOOK_KEY_SECRET: "webhook-key",
  REKEY_CHAT_TARGETS: '[{"kind":"slack","secret":"chat"}]',
  REKEY_WEBHOOK_URL: "https://127.0.0.1/",
};
