import { randomUUID } from "node:crypto";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, recordList, text } from "../aws/members.ts";
import type { Principals } from "../aws/principals.ts";
import { AwsError, type AwsCall, type AwsReply, type AwsService } from "../aws/service.ts";
import type { Clock } from "../clock.ts";

export interface IamOptions {
  readonly clock: Clock;
  readonly accountId: string;
  readonly principals: Principals;
}

/** IAM users and their access keys. */
export interface Iam extends AwsService {
  /** So many requests that a new key signs are refused before everyone knows it: IAM is eventually consistent. 0 by default. */
  hideNewKeysFor(requests: number): void;
}

interface Key {
  readonly id: string;
  readonly createdAtMs: number;
  status: "Active" | "Inactive";
  hiddenFor: number;
  lastUse?: { readonly atMs: number; readonly service: string; readonly region: string };
}

interface User {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  readonly keys: Map<string, Key>;
}

const mostKeys = 2;
const noSuch = (message: string): AwsError => new AwsError("NoSuchEntity", message, 404);
const date = (timeMs: number): string => new Date(Math.floor(timeMs / 1000) * 1000).toISOString().replace(".000Z", "Z");

/** The users and access keys of IAM in memory; a user has no policies, so all that its keys may ask is STS who they are. */
export function createIam({ clock, accountId, principals }: IamOptions): Iam {
  const users = new Map<string, User>();
  let newKeysHiddenFor = 0;

  const userOf = (input: Members): User => {
    const name = text(input, "UserName");
    const user = users.get(name);
    if (user === undefined) throw noSuch(`The user with name ${name} cannot be found.`);
    return user;
  };
  const keyOf = (user: User, input: Members): Key => {
    const id = text(input, "AccessKeyId");
    const key = user.keys.get(id);
    if (key === undefined) throw noSuch(`The Access Key with id ${id} cannot be found.`);
    return key;
  };
  const ownerOf = (keyId: string): User | undefined => [...users.values()].find(({ keys }) => keys.has(keyId));
  const tagsIn = (input: Members): ReadonlyMap<string, string> =>
    new Map(recordList(input, "Tags").map((tag) => [text(tag, "Key"), optionalText(tag, "Value") ?? ""]));

  function describe({ name, id, path, arn, createdAtMs, tags }: User): Members {
    const Tags = [...tags].map(([Key, Value]) => ({ Key, Value }));
    const told = { Path: path, UserName: name, UserId: id, Arn: arn, CreateDate: date(createdAtMs) };
    return Tags.length === 0 ? told : { ...told, Tags };
  }

  function createUser(input: Members): AwsReply {
    const name = text(input, "UserName");
    const path = optionalText(input, "Path") ?? "/";
    const held = [...users.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
    if (held !== undefined) throw new AwsError("EntityAlreadyExists", `User with name ${name} already exists.`, 409);
    const user: User = {
      name,
      id: `AIDA${randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase()}`,
      path,
      arn: `arn:aws:iam::${accountId}:user${path}${name}`,
      createdAtMs: clock.now(),
      tags: new Map(tagsIn(input)),
      keys: new Map(),
    };
    users.set(name, user);
    return { body: { User: describe(user) } };
  }

  function createKey(user: User): AwsReply {
    if (user.keys.size >= mostKeys) {
      throw new AwsError("LimitExceeded", `Cannot exceed quota for AccessKeysPerUser: ${mostKeys}`, 409);
    }
    const { accessKeyId, secretAccessKey } = principals.createKey(
      { arn: user.arn, accountId, policies: [], tags: Object.fromEntries(user.tags) },
      (service, region) => {
        const key = user.keys.get(accessKeyId);
        if (key === undefined || key.status === "Inactive") return false;
        if (key.hiddenFor > 0) {
          key.hiddenFor -= 1;
          return false;
        }
        key.lastUse = { atMs: clock.now(), service, region };
        return true;
      },
    );
    const key: Key = { id: accessKeyId, createdAtMs: clock.now(), status: "Active", hiddenFor: newKeysHiddenFor };
    user.keys.set(accessKeyId, key);
    return { body: { AccessKey: { ...listed(user, key), SecretAccessKey: secretAccessKey } } };
  }

  const listed = ({ name }: User, { id, status, createdAtMs }: Key): Members => ({
    UserName: name,
    AccessKeyId: id,
    Status: status,
    CreateDate: date(createdAtMs),
  });

  function lastUsed(input: Members): AwsReply {
    const id = text(input, "AccessKeyId");
    const user = ownerOf(id);
    const key = user?.keys.get(id);
    // AWS does not tell keys that are not there from those of others.
    if (user === undefined || key === undefined) {
      throw new AwsError("AccessDenied", `User is not authorized to perform: iam:GetAccessKeyLastUsed on ${id}`, 403);
    }
    const { lastUse } = key;
    const use =
      lastUse === undefined
        ? { ServiceName: "N/A", Region: "N/A" }
        : { LastUsedDate: date(lastUse.atMs), ServiceName: lastUse.service, Region: lastUse.region };
    return { body: { UserName: user.name, AccessKeyLastUsed: use } };
  }

  const operations: Readonly<Record<string, (input: Members) => AwsReply>> = {
    CreateUser: createUser,
    GetUser: (input) => ({ body: { User: describe(userOf(input)) } }),
    TagUser(input) {
      for (const [tag, value] of tagsIn(input)) userOf(input).tags.set(tag, value);
      return { body: {} };
    },
    CreateAccessKey: (input) => createKey(userOf(input)),
    ListAccessKeys(input) {
      const user = userOf(input);
      const keys = [...user.keys.values()].map((key) => listed(user, key));
      return { body: { AccessKeyMetadata: keys, IsTruncated: false } };
    },
    UpdateAccessKey(input) {
      const status = text(input, "Status");
      const key = keyOf(userOf(input), input);
      if (status !== "Active" && status !== "Inactive") {
        throw new AwsError("ValidationError", "Member must satisfy enum value set: [Active, Inactive]");
      }
      key.status = status;
      return { body: {} };
    },
    DeleteAccessKey(input) {
      const user = userOf(input);
      user.keys.delete(keyOf(user, input).id);
      return { body: {} };
    },
    GetAccessKeyLastUsed: lastUsed,
  };

  /** The user that a call is about. */
  const meant = ({ input }: Pick<AwsCall, "input">): User | undefined =>
    users.get(optionalText(input, "UserName") ?? "") ?? ownerOf(optionalText(input, "AccessKeyId") ?? "");

  return {
    name: "iam",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    resources: (call) => [
      meant(call)?.arn ?? `arn:aws:iam::${accountId}:user/${optionalText(call.input, "UserName") ?? ""}`,
    ],
    conditionKeys: (call) =>
      Object.fromEntries(
        [...(meant(call)?.tags ?? [])].flatMap(([tag, value]) => [
          [`iam:ResourceTag/${tag}`, value],
          [`aws:ResourceTag/${tag}`, value],
        ]),
      ),
    hideNewKeysFor(requests) {
      newKeysHiddenFor = requests;
    },
    async handle({ operation, input }) {
      const work = operations[operation];
      if (work === undefined || !isMembers(input)) {
        throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2010-05-08`);
      }
      return work(input);
    },
  };
}
