/** What a service may import, as `rekey/<name>`, and the file that it is. `exports` in package.json says the same. */
export const packageEntries = {
  client: "shared/client/index.ts",
  "client/pg": "shared/client/pools/pg/rotating-pool.ts",
  "client/mysql2": "shared/client/pools/mysql2/rotating-pool.ts",
  "client/mariadb": "shared/client/pools/mariadb/rotating-pool.ts",
  "client/sequelize": "shared/client/pools/sequelize/rotating-sequelize.ts",
  "client/nestjs": "shared/client/nestjs/rekey-module.ts",
  "client/nestjs/typeorm": "shared/client/nestjs/typeorm-options.ts",
  "client/postgres": "shared/client/pools/postgres/rotating-sql.ts",
  "client/redis": "shared/client/pools/redis/rotating-connection.ts",
  "client/ioredis": "shared/client/pools/ioredis/rotating-redis.ts",
  "client/mongodb": "shared/client/pools/mongodb/rotating-client.ts",
  "client/amqp": "shared/client/pools/amqp/rotating-connection.ts",
  "client/kafka": "shared/client/pools/kafka/rotating-login.ts",
  "client/acknowledgement/eventbridge": "shared/client/acknowledgement/eventbridge.ts",
  "client/aws": "shared/client/sources/aws-source.ts",
  "client/secrets-manager": "shared/client/sources/secrets-manager-source.ts",
  "client/vault": "shared/client/sources/vault/index.ts",
  "client/vault-dynamic": "shared/client/sources/vault-dynamic/dynamic-source.ts",
  "client/middy": "shared/client/middy/secrets-middleware.ts",
  "client/signing-keys": "shared/client/signing-keys/index.ts",
  "client/invalidation/sqs": "shared/client/invalidation/sqs-source.ts",
  "client/invalidation/subscriber-queue": "shared/client/invalidation/subscriber-queue.ts",
  "client/invalidation/sns": "shared/client/invalidation/sns-webhook.ts",
  "client/invalidation/redis": "shared/client/invalidation/redis-source.ts",
  testing: "shared/testing/index.ts",
  "testing/engine-contract": "shared/testing/engine-contract/index.ts",
  engine: "shared/kit/index.ts",
  cdk: "deploy/cdk/index.ts",
} as const;

const entries = Object.entries(packageEntries);

const declarations = (file: string): string => `./dist/package/cjs/types/${file.replace(/\.ts$/, ".d.ts")}`;

/** The `exports` of package.json: ES modules for whoever imports, CommonJS for whoever requires, with the same types. */
export const packageExports = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    entries.map(([name, file]) => [
      `./${name}`,
      {
        import: { types: `./dist/package/${name}.d.ts`, default: `./dist/package/${name}.js` },
        require: { types: declarations(file), default: `./dist/package/cjs/${name}.js` },
      },
    ]),
  );

/** The `typesVersions` of package.json: where TypeScript finds declarations with `moduleResolution: node10`, which knows no `exports`. */
export const packageTypesVersions = (): object => ({
  "*": Object.fromEntries(entries.map(([name, file]) => [name, [declarations(file)]])),
});
