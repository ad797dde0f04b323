import { CreateUserCommand, ElastiCacheClient } from "@aws-sdk/client-elasticache";
import { MemoryDBClient, CreateUserCommand as CreateMemoryDbUserCommand } from "@aws-sdk/client-memorydb";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "vitest";
import { startStack, type Stack, type StackOptions } from "../../local/stack.ts";

const soon = { timeout: 60_000 };

/** AWS's form of a secret for a user of a cache service. */
export interface CacheUserSecret {
  readonly username: string;
  readonly password: string;
  readonly user_arn: string;
}

export interface CacheUserStage {
  readonly stack: Stack;
  /** Makes a user with a first password, as the secret that AWS documents for it. */
  elastiCacheUser(username: string): Promise<CacheUserSecret>;
  memoryDbUser(username: string): Promise<CacheUserSecret>;
  create(name: string, value: object): Promise<string>;
  valueOf(secretId: string, label?: string): Promise<CacheUserSecret>;
  /** A rotation by this function, until it is over. */
  rotate(secretId: string, functionArn: string): Promise<CacheUserSecret>;
  /** A rotation that this function ends with this code. */
  refused(secretId: string, functionArn: string, code: string): Promise<void>;
  stop(): Promise<void>;
}

/** The local stack with users of both services, and secrets of theirs. */
export async function startCacheUserStage(options: StackOptions = {}): Promise<CacheUserStage> {
  const stack = await startStack({ cacheModifyingMs: 50, ...options });
  const secrets = new SecretsManagerClient(stack.clientConfig);
  const elastiCache = new ElastiCacheClient(stack.clientConfig);
  const memoryDb = new MemoryDBClient(stack.clientConfig);
  const AccessString = "on ~* +@all";
  const first = (username: string): string => `canary-of-${username}-3f6a0b9d`;
  const begin = async (SecretId: string, RotationLambdaARN: string): Promise<string> =>
    (await secrets.send(new RotateSecretCommand({ SecretId, RotationLambdaARN }))).VersionId ?? "";
  const stage: CacheUserStage = {
    stack,
    async elastiCacheUser(username) {
      const password = first(username);
      const user = { UserId: `id-of-${username}`, UserName: username, Engine: "redis", AccessString };
      const { ARN = "" } = await elastiCache.send(new CreateUserCommand({ ...user, Passwords: [password] }));
      return { username, password, user_arn: ARN };
    },
    async memoryDbUser(username) {
      const password = first(username);
      const AuthenticationMode = { Type: "password" as const, Passwords: [password] };
      const user = { UserName: username, AccessString, AuthenticationMode };
      const { User } = await memoryDb.send(new CreateMemoryDbUserCommand(user));
      return { username, password, user_arn: User?.ARN ?? "" };
    },
    create: async (Name, value) =>
      (await secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))).ARN ?? "",
    async valueOf(SecretId, VersionStage = "AWSCURRENT") {
      const { SecretString = "{}" } = await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }));
      return JSON.parse(SecretString) as CacheUserSecret;
    },
    async rotate(secretId, functionArn) {
      const versionId = await begin(secretId, functionArn);
      const labels = async (): Promise<readonly string[]> =>
        (await secrets.send(new DescribeSecretCommand({ SecretId: secretId }))).VersionIdsToStages?.[versionId] ?? [];
      await expect.poll(labels, soon).toContain("AWSCURRENT");
      await stack.secretsManager.idle();
      return stage.valueOf(secretId);
    },
    async refused(secretId, functionArn, code) {
      const versionId = await begin(secretId, functionArn);
      const failed = (): boolean =>
        stack.lambda.logs.some(({ line }) => line.includes(versionId) && line.includes(`"code":"${code}"`));
      await expect.poll(failed, soon).toBe(true);
      await stack.secretsManager.idle();
    },
    async stop() {
      for (const client of [secrets, elastiCache, memoryDb]) client.destroy();
      await stack.stop();
    },
  };
  return stage;
}
