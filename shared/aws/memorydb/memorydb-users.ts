import { DescribeUsersCommand, type MemoryDBClient, UpdateUserCommand, type User } from "@aws-sdk/client-memorydb";
import type { CacheUser, CacheUsers } from "../../ports/cache-users.ts";
import { parseUserArn } from "../../secrets/user-arn.ts";
import { cacheUserCall } from "../errors/cache-user-failure.ts";

const nameIn = (arn: string): string => parseUserArn(arn)?.id ?? "";

const described = ({ ARN, Name, Status, Authentication }: User): CacheUser => ({
  arn: ARN ?? "",
  username: Name ?? "",
  status: Status ?? "",
  authentication: Authentication?.Type ?? "",
  passwords: Authentication?.PasswordCount ?? 0,
});

/** MemoryDB's users of one region. */
export const memoryDbUsers = (client: MemoryDBClient): CacheUsers => ({
  describe: async (arn, call) =>
    cacheUserCall<CacheUser | "absent">(
      { operation: "memorydb:DescribeUsers", arn },
      call,
      new Map([["UserNotFoundFault", "absent"]]),
      async (options) => {
        const { Users = [] } = await client.send(new DescribeUsersCommand({ UserName: nameIn(arn) }), options);
        return Users[0] === undefined ? "absent" : described(Users[0]);
      },
    ),
  setPasswords: async (arn, passwords, call) =>
    cacheUserCall<"accepted" | "busy">(
      { operation: "memorydb:UpdateUser", arn },
      call,
      new Map([["InvalidUserStateFault", "busy"]]),
      async (options) => {
        const Passwords = passwords.map((password) => password.reveal());
        const AuthenticationMode = { Type: "password", Passwords } as const;
        await client.send(new UpdateUserCommand({ UserName: nameIn(arn), AuthenticationMode }), options);
        return "accepted";
      },
    ),
});
