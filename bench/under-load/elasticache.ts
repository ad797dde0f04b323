import { elastiCacheFixture } from "../../tests/support/elasticache-fixture.ts";
import type { Product } from "./load.ts";
import { redis } from "./redis.ts";

/** The rotation goes by the service's API, the load straight to the server that logs its users in. */
export const elastiCache = (binary: string): Product => ({ ...redis(binary), fixture: elastiCacheFixture(binary) });
