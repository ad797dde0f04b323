/** What a service may import, as `rekey/<name>`, and the file that it is. `exports` in package.json says the same. */
export const packageEntries = {
  client: "shared/client/index.ts",
  "client/pg": "shared/client/pg/rotating-pool.ts",
  "client/mysql2": "shared/client/mysql2/rotating-pool.ts",
  "client/redis": "shared/client/redis/rotating-connection.ts",
  "client/acknowledgement/eventbridge": "shared/client/acknowledgement/eventbridge.ts",
  "client/secrets-manager": "shared/client/secrets-manager/secrets-manager-source.ts",
  "client/vault": "shared/client/vault/index.ts",
  "client/vault-dynamic": "shared/client/vault-dynamic/dynamic-source.ts",
  "client/middy": "shared/client/middy/secrets-middleware.ts",
  "client/invalidation/sqs": "shared/client/invalidation/sqs-source.ts",
  "client/invalidation/subscriber-queue": "shared/client/invalidation/subscriber-queue.ts",
  "client/invalidation/sns": "shared/client/invalidation/sns-webhook.ts",
  "client/invalidation/redis": "shared/client/invalidation/redis-source.ts",
  testing: "shared/testing/index.ts",
} as const;

/** The `exports` of package.json. */
export const packageExports = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(packageEntries).map(([name, file]) => [
      `./${name}`,
      { types: `./dist/package/types/${file.replace(/\.ts$/, ".d.ts")}`, default: `./dist/package/${name}.js` },
    ]),
  );
