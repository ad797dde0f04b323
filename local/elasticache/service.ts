import { isMembers, type Members } from "../../shared/answers/members.ts";
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
} from "./user-book.ts";

const faults: UserFaults = {
  absent: (id) => new AwsError("UserNotFound", `User ${id} not found.`, 404),
  exists: (id) => new AwsError("UserAlreadyExists", `User ${id} already exists.`),
  state: (id) => new AwsError("InvalidUserState", `User ${id} is not in active state.`),
  value: (message) => new AwsError("InvalidParameterValue", message),
  combination: (message) => new AwsError("InvalidParameterCombination", message),
};

const kinds: Readonly<Record<string, Authentication>> = {
  password: "password",
  "no-password-required": "no-password",
  iam: "iam",
};

interface Asked {
  readonly passwords?: readonly string[];
  readonly authentication?: Authentication;
}

/** Passwords and the kind of login, in either of the two forms. */
function askedOf(input: Members): Asked {
  const mode = record(input, "AuthenticationMode");
  const type =
    optionalText(mode, "Type") ?? (input["NoPasswordRequired"] === "true" ? "no-password-required" : undefined);
  const authentication = type === undefined ? undefined : kinds[type];
  if (type !== undefined && authentication === undefined)
    throw faults.value(
      `Input Authentication type: ${type} is not in the allowed list: [password,no-password-required,iam]`,
    );
  const passwords = [...textList(input, "Passwords"), ...textList(mode, "Passwords")];
  return {
    ...(passwords.length === 0 ? {} : { passwords }),
    ...(authentication === undefined ? {} : { authentication }),
  };
}

/** Amazon ElastiCache as far as its users go: they are made, described, changed and deleted. */
export function createElastiCache(place: {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly modifyingMs: number;
  readonly server?: UserServer | undefined;
}): AwsService {
  const { region, accountId } = place;
  const book = createUserBook({ ...place, faults });
  const engines = new Map<string, string>();
  const arnOf = (id: string): string => `arn:aws:elasticache:${region}:${accountId}:user:${id}`;
  const described = (user: KeptUser): Members => ({
    UserId: user.id,
    UserName: user.username,
    Status: user.status,
    Engine: engines.get(user.id),
    MinimumEngineVersion: "6.0",
    AccessString: user.accessString,
    UserGroupIds: [],
    Authentication: authenticationOf(user),
    ARN: arnOf(user.id),
  });
  const operations: Readonly<Record<string, (input: Members) => Members | Promise<Members>>> = {
    async CreateUser(input) {
      const id = text(input, "UserId");
      const { passwords = [], authentication = passwords.length > 0 ? "password" : undefined } = askedOf(input);
      if (authentication === undefined) throw faults.value("No password was provided.");
      const engine = text(input, "Engine").toLowerCase();
      if (!["redis", "valkey"].includes(engine))
        throw faults.value(`Unknown parameter for Engine: "${engine}", must be one of: redis, valkey`);
      const user = { id, username: text(input, "UserName"), accessString: text(input, "AccessString"), authentication };
      const made = await book.create(user, passwords);
      engines.set(id, engine);
      return described(made);
    },
    DescribeUsers: (input) => ({ Users: book.find(optionalText(input, "UserId")).map(described) }),
    ModifyUser(input) {
      const accessString = optionalText(input, "AccessString");
      const change = { ...askedOf(input), ...(accessString === undefined ? {} : { accessString }) };
      return described(book.modify(text(input, "UserId"), change));
    },
    DeleteUser: (input) => described(book.remove(text(input, "UserId"))),
  };
  return {
    name: "elasticache",
    xmlNamespace: "http://elasticache.amazonaws.com/doc/2015-02-02/",
    resources: ({ input }) => [arnOf(optionalText(input, "UserId") ?? "*")],
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError("InvalidAction", `Could not find operation ${operation}`);
      const body = await run(input);
      return { body: isMembers(body) ? body : {} };
    },
  };
}
