import { environmentCacheUsers } from "../../shared/runtime/cache-users.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";
import { cacheUserGrants } from "../../shared/runtime/rotation-grants.ts";
import { createEngine, strategiesOn } from "./rotation.ts";

const engine = createEngine({
  users: environmentCacheUsers(),
  isGranted: cacheUserGrants(environmentOf(process.env)),
});

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(engine, strategiesOn(engine), process.env);
