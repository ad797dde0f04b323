import {
  DescribeUsersCommand,
  type ElastiCacheClient,
  ModifyUserCommand,
  type User,
} from "@aws-sdk/client-elasticache";
import type { CacheUser, CacheUsers } from "../../ports/cache-users.ts";
import { parseUserArn } from "../../secrets/user-arn.ts";
import { cacheUserCall } from "../errors/cache-user-failure.ts";

const idIn = (arn: string): string => parseUserArn(arn)?.id ?? "";

const described = ({ ARN, UserName, Status, Authentication }: User): CacheUser => ({
  arn: ARN ?? "",
  username: UserName ?? "",
  status: Status ?? "",
  authentication: Authentication?.Type ?? "",
  passwords: Authentication?.PasswordCount ?? 0,
});

/** ElastiCache's users of one region. */
export const elastiCacheUsers = (client: ElastiCacheClient): CacheUsers => ({
  describe: async (arn, call) =>
    cacheUserCall<CacheUser | "absent">(
      { operation: "elasticache:DescribeUsers", arn },
      call,
      new Map([["UserNotFoundFault", "absent"]]),
      async (options) => {
        const { Users = [] } = await client.send(new DescribeUsersCommand({ UserId: idIn(arn) }), options);
        return Users[0] === undefined ? "absent" : described(Users[0]);
      },
    ),
  setPasswords: async (arn, passwords, call) =>
    cacheUserCall<"accepted" | "busy">(
      { operation: "elasticache:ModifyUser", arn },
      call,
      new Map([["InvalidUserStateFault", "busy"]]),
      async (options) => {
        const Passwords = passwords.map((password) => password.reveal());
        await client.send(new ModifyUserCommand({ UserId: idIn(arn), Passwords }), options);
        return "accepted";
      },
    ),
});
