import { ElastiCacheClient } from "@aws-sdk/client-elasticache";
import { MemoryDBClient } from "@aws-sdk/client-memorydb";
import { elastiCacheUsers } from "../aws/elasticache/elasticache-users.ts";
import { memoryDbUsers } from "../aws/memorydb/memorydb-users.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { CacheUsers } from "../ports/cache-users.ts";
import { parseUserArn } from "../secrets/user-arn.ts";
import { sdkLimits } from "./aws-clients.ts";

const services = {
  elasticache: (region: string) => elastiCacheUsers(new ElastiCacheClient({ ...sdkLimits, region })),
  memorydb: (region: string) => memoryDbUsers(new MemoryDBClient({ ...sdkLimits, region })),
};

/** The users of both services in every region, by their ARNs, with the keys of the function's role. */
export function environmentCacheUsers(): CacheUsers {
  const made = new Map<string, CacheUsers>();
  function usersOf(arn: string): CacheUsers {
    const named = parseUserArn(arn);
    if (named === undefined)
      throw new RekeyError("secret-malformed", {
        context: { field: "user_arn", problem: "not the ARN of a user of ElastiCache or MemoryDB" },
      });
    const place = `${named.service} ${named.region}`;
    const users = made.get(place) ?? services[named.service](named.region);
    made.set(place, users);
    return users;
  }
  return {
    describe: async (arn, call) => usersOf(arn).describe(arn, call),
    setPasswords: async (arn, passwords, call) => usersOf(arn).setPasswords(arn, passwords, call),
  };
}
