import { randomUUID } from "node:crypto";
import { CreateUserCommand as CreateElastiCacheUser, ElastiCacheClient } from "@aws-sdk/client-elasticache";
import { CreateUserCommand as CreateMemoryDbUser, MemoryDBClient } from "@aws-sdk/client-memorydb";
import { expect } from "vitest";
import { elastiCacheUsers } from "../../../shared/aws/elasticache/elasticache-users.ts";
import { memoryDbUsers } from "../../../shared/aws/memorydb/memorydb-users.ts";
import type { CacheUsers } from "../../../shared/ports/cache-users.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

const AccessString = "on ~* +@all";
const passwords = ["first-password-of-a-test", "second-password-of-a-test"] as const;
const both = passwords.map((password) => new SecretValue(password));
const arnOf = (kind: string): string => `arn:aws:${kind}`;
const place = "us-east-1:123456789012";

async function onElastiCache(
  aws: AwsUnderTest,
  work: (client: ElastiCacheClient, users: CacheUsers) => Promise<void>,
): Promise<void> {
  const client = new ElastiCacheClient(aws.clientConfig);
  try {
    await work(client, elastiCacheUsers(client));
  } finally {
    client.destroy();
  }
}

async function onMemoryDb(
  aws: AwsUnderTest,
  work: (client: MemoryDBClient, users: CacheUsers) => Promise<void>,
): Promise<void> {
  const client = new MemoryDBClient(aws.clientConfig);
  try {
    await work(client, memoryDbUsers(client));
  } finally {
    client.destroy();
  }
}

const fresh = (): string => `u-${randomUUID().slice(0, 8)}`;
const newElastiCacheUser = (UserId: string, Passwords: readonly string[] = passwords.slice(0, 1)) =>
  new CreateElastiCacheUser({
    UserId,
    UserName: `name-${UserId}`,
    Engine: "redis",
    AccessString,
    Passwords: [...Passwords],
  });
const newMemoryDbUser = (UserName: string) =>
  new CreateMemoryDbUser({
    UserName,
    AccessString,
    AuthenticationMode: { Type: "password", Passwords: passwords.slice(0, 1) },
  });

onEveryAwsServer("cache users", {
  "an ElastiCache user is described by its ARN, name, kind of login and number of passwords": async (aws) =>
    onElastiCache(aws, async (client, users) => {
      const id = fresh();
      await client.send(newElastiCacheUser(id));
      const arn = arnOf(`elasticache:${place}:user:${id}`);
      expect(await users.describe(arn, inTime())).toEqual({
        arn,
        username: `name-${id}`,
        status: "active",
        authentication: "password",
        passwords: 1,
      });
    }),
  "an ElastiCache user that is not there is absent": async (aws) =>
    onElastiCache(aws, async (_client, users) => {
      expect(await users.describe(arnOf(`elasticache:${place}:user:${fresh()}`), inTime())).toBe("absent");
    }),
  "a change of an ElastiCache user that is not there is refused": async (aws) =>
    onElastiCache(aws, async (_client, users) => {
      const arn = arnOf(`elasticache:${place}:user:${fresh()}`);
      await expect(users.setPasswords(arn, both, inTime())).rejects.toMatchObject({ code: "credential-refused" });
    }),
  "an ElastiCache user's id is taken once": async (aws) =>
    onElastiCache(aws, async (client) => {
      const id = fresh();
      await client.send(newElastiCacheUser(id));
      await expect(client.send(newElastiCacheUser(id))).rejects.toMatchObject({ name: "UserAlreadyExistsFault" });
    }),
  "an ElastiCache user takes no password shorter than 16 characters": async (aws) =>
    onElastiCache(aws, async (client) => {
      await expect(client.send(newElastiCacheUser(fresh(), ["fifteen-letters"]))).rejects.toMatchObject({
        name: "InvalidParameterValueException",
      });
    }),
  "an ElastiCache user is given two passwords": async (aws) =>
    onElastiCache(aws, async (client, users) => {
      const id = fresh();
      await client.send(newElastiCacheUser(id));
      const arn = arnOf(`elasticache:${place}:user:${id}`);
      expect(await users.setPasswords(arn, both, inTime())).toBe("accepted");
      expect(await users.describe(arn, inTime())).toMatchObject({ authentication: "password", passwords: 2 });
    }),
  "an ElastiCache user that is being changed takes no other change": async (aws) =>
    onElastiCache(aws, async (client, users) => {
      const id = fresh();
      await client.send(newElastiCacheUser(id));
      const arn = arnOf(`elasticache:${place}:user:${id}`);
      await users.setPasswords(arn, both, inTime());
      expect(await users.setPasswords(arn, both, inTime())).toBe("busy");
      expect(await users.describe(arn, inTime())).toMatchObject({ status: "modifying" });
    }),
  "a MemoryDB user is described by its ARN, name, kind of login and number of passwords": async (aws) =>
    onMemoryDb(aws, async (client, users) => {
      const name = fresh();
      await client.send(newMemoryDbUser(name));
      const arn = arnOf(`memorydb:${place}:user/${name}`);
      expect(await users.describe(arn, inTime())).toEqual({
        arn,
        username: name,
        status: "active",
        authentication: "password",
        passwords: 1,
      });
    }),
  "a MemoryDB user that is not there is absent, and a change of it is refused": async (aws) =>
    onMemoryDb(aws, async (_client, users) => {
      const arn = arnOf(`memorydb:${place}:user/${fresh()}`);
      expect(await users.describe(arn, inTime())).toBe("absent");
      await expect(users.setPasswords(arn, both, inTime())).rejects.toMatchObject({ code: "credential-refused" });
    }),
  "a MemoryDB user's name is taken once": async (aws) =>
    onMemoryDb(aws, async (client) => {
      const name = fresh();
      await client.send(newMemoryDbUser(name));
      await expect(client.send(newMemoryDbUser(name))).rejects.toMatchObject({ name: "UserAlreadyExistsFault" });
    }),
  "a MemoryDB user is given two passwords": async (aws) =>
    onMemoryDb(aws, async (client, users) => {
      const name = fresh();
      await client.send(newMemoryDbUser(name));
      const arn = arnOf(`memorydb:${place}:user/${name}`);
      expect(await users.setPasswords(arn, both, inTime())).toBe("accepted");
      expect(await users.describe(arn, inTime())).toMatchObject({ authentication: "password", passwords: 2 });
    }),
});
