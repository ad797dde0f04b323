import type { Members } from "../../shared/answers/members.ts";
import { optionalText, record, text, textList } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import {
  type Authentication,
  authenticationOf,
  createUserBook,
  type KeptUser,
  type UserFaults,
  type UserServer,
} from "../elasticache/user-book.ts";

const faults: UserFaults = {
  absent: (id) => new AwsError("UserNotFoundFault", `User ${id} not found.`),
  exists: (id) => new AwsError("UserAlreadyExistsFault", `User ${id} already exists.`),
  state: (id) => new AwsError("InvalidUserStateFault", `User ${id} is not in active state.`),
  value: (message) => new AwsError("InvalidParameterValueException", message),
  combination: (message) => new AwsError("InvalidParameterCombinationException", message),
};

function modeOf(input: Members): { readonly authentication: Authentication; readonly passwords: readonly string[] } {
  const mode = record(input, "AuthenticationMode");
  const type = text(mode, "Type");
  if (type !== "password" && type !== "iam") throw faults.value(`Authentication type ${type} is not supported.`);
  return { authentication: type, passwords: textList(mode, "Passwords") };
}

/** Amazon MemoryDB as far as its users go. */
export function createMemoryDb(place: {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly modifyingMs: number;
  readonly server?: UserServer | undefined;
}): AwsService {
  const { region, accountId } = place;
  const book = createUserBook({ ...place, faults });
  const arnOf = (name: string): string => `arn:aws:memorydb:${region}:${accountId}:user/${name}`;
  const described = (user: KeptUser): Members => ({
    Name: user.id,
    Status: user.status,
    AccessString: user.accessString,
    ACLNames: [],
    MinimumEngineVersion: "6.0",
    Authentication: authenticationOf(user),
    ARN: arnOf(user.id),
  });
  const operations: Readonly<Record<string, (input: Members) => Members | Promise<Members>>> = {
    async CreateUser(input) {
      const name = text(input, "UserName");
      const { authentication, passwords } = modeOf(input);
      const user = { id: name, username: name, accessString: text(input, "AccessString"), authentication };
      return { User: described(await book.create(user, passwords)) };
    },
    DescribeUsers: (input) => ({ Users: book.find(optionalText(input, "UserName")).map(described) }),
    UpdateUser(input) {
      const accessString = optionalText(input, "AccessString");
      const mode = input["AuthenticationMode"] === undefined ? {} : modeOf(input);
      const change = { ...mode, ...(accessString === undefined ? {} : { accessString }) };
      return { User: described(book.modify(text(input, "UserName"), change)) };
    },
    DeleteUser: (input) => ({ User: described(book.remove(text(input, "UserName"))) }),
  };
  return {
    name: "memorydb",
    targets: ["AmazonMemoryDB"],
    resources: ({ input }) => [arnOf(optionalText(input, "UserName") ?? "*")],
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined)
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      return { body: await run(input) };
    },
  };
}
