import { strategiesOn } from "../../functions/rotate-redis/rotation.ts";
import type { UnsavedChange } from "../../shared/engines/redis/redis-engine.ts";
import { type RedisOptions, redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";
import { redisFixture, redisServerOf } from "../support/redis-fixture.ts";
import { type FieldStage, startFieldStage } from "./field-stage.ts";

/** What was told of users that the server keeps until its restart only. */
export const unsaved: UnsavedChange[] = [];
const fixture = redisFixture(redisServer ?? "", (change) => unsaved.push(change));
export const strategy = "dual-password";

export interface Staged extends AsyncDisposable {
  readonly redis: RedisUnderTest;
  readonly field: FieldStage;
}

/** A server of its own for one situation. `as`: how the tests themselves reach it. */
export async function staged(options: RedisOptions = {}, as = (redis: RedisUnderTest) => redis): Promise<Staged> {
  const redis = as(await startRedis(redisServer ?? "", options));
  const server = await redisServerOf(redis);
  const field = await startFieldStage(fixture, server, strategiesOn);
  return {
    redis,
    field,
    async [Symbol.asyncDispose]() {
      await field.stop();
      await redis.stop();
    },
  };
}

export const passwordOf = async ({ stage }: FieldStage, secretId: string): Promise<string> => {
  const value = JSON.parse((await stage.read(secretId, "AWSCURRENT")) ?? "{}") as { readonly password: string };
  return value.password;
};
