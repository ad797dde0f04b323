import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Api, Connection } from "./connection.ts";
import { errors, requireNone } from "./translate-error.ts";
import { array, boolean, float64, int8, type Reader, string } from "./wire.ts";

/** What an ACL says of a user. The numbers are those of ResourceType, PatternType, AclOperation and AclPermissionType. */
export interface Acl {
  readonly resource: number;
  readonly name: string;
  readonly pattern: number;
  readonly host: string;
  readonly operation: number;
  readonly permission: number;
}

/** One quota of a user, or of a client of the user's. */
export interface Quota {
  readonly client: string | null | undefined;
  readonly key: string;
  readonly value: number;
}

export interface Rights {
  readonly acls: readonly Acl[];
  readonly quotas: readonly Quota[];
}

const any = 1;
const deny = 2;
/** Match types of a filter of quotas. */
const exact = 0;

const principalOf = (user: string): string => `User:${user}`;

const readAcls: Api<{ readonly error: number; readonly found: readonly (readonly (Acl & { principal: string })[])[] }> =
  {
    operation: "read ACLs",
    key: 29,
    version: 1,
    read(answer) {
      answer.int32();
      const error = answer.int16();
      answer.nullableString();
      const found = answer.array(() => {
        const resource = { resource: answer.int8(), name: answer.string(), pattern: answer.int8() };
        return answer.array(() => ({
          ...resource,
          principal: answer.string(),
          host: answer.string(),
          operation: answer.int8(),
          permission: answer.int8(),
        }));
      });
      return { error, found };
    },
  };

const errorOf = (answer: Reader): number => {
  const error = answer.int16();
  answer.nullableString();
  return error;
};

const createAcls: Api<readonly number[]> = {
  operation: "bring the pair in step",
  key: 30,
  version: 1,
  read(answer) {
    answer.int32();
    return answer.array(() => errorOf(answer));
  },
};

const deleteAcls: Api<readonly number[]> = {
  ...createAcls,
  key: 31,
  read(answer) {
    answer.int32();
    return answer.array(() => {
      const error = errorOf(answer);
      const each = answer.array(() => {
        const one = errorOf(answer);
        for (const read of [answer.int8, answer.string, answer.int8, answer.string, answer.string]) read();
        for (const read of [answer.int8, answer.int8]) read();
        return one;
      });
      return each.find((one) => one !== errors.none) ?? error;
    });
  },
};

interface QuotaEntry {
  readonly entity: ReadonlyMap<string, string | undefined>;
  readonly values: readonly (readonly [string, number])[];
}

const readQuotas: Api<{ readonly error: number; readonly entries: readonly QuotaEntry[] }> = {
  operation: "read quotas",
  key: 48,
  version: 0,
  read(answer) {
    answer.int32();
    const error = errorOf(answer);
    const entries = answer.array(() => ({
      entity: new Map(answer.array(() => [answer.string(), answer.nullableString()] as const)),
      values: answer.array(() => [answer.string(), answer.float64()] as const),
    }));
    return { error, entries };
  },
};

const alterQuotas: Api<readonly number[]> = {
  ...createAcls,
  key: 49,
  version: 0,
  read(answer) {
    answer.int32();
    return answer.array(() => {
      const error = errorOf(answer);
      answer.array(() => [answer.string(), answer.nullableString()]);
      return error;
    });
  },
};

/** What a user may do and how much of it. A cluster without an authorizer has no ACLs. Errors: those of a broker. */
export async function readRights(connection: Connection, user: string, call: CallOptions): Promise<Rights> {
  const filter = [int8(any), string(null), int8(any), string(principalOf(user)), string(null), int8(any), int8(any)];
  const { error, found } = await connection.ask(readAcls, filter, call);
  if (error !== errors.securityDisabled) requireNone(error, readAcls.operation);
  const component = [string("user"), int8(exact), string(user)];
  const quotas = await connection.ask(readQuotas, [array([component]), boolean(false)], call);
  requireNone(quotas.error, readQuotas.operation);
  const acls = found.flat();
  const isOthers = ({ entity }: QuotaEntry): boolean =>
    entity.get("user") !== user || [...entity.keys()].some((name) => name !== "user" && name !== "client-id");
  if (acls.some(({ principal }) => principal !== principalOf(user)) || quotas.entries.some(isOthers)) {
    throw new RekeyError("server-misbehaved", { context: { operation: readAcls.operation, problem: "another user" } });
  }
  return {
    acls: acls.map(({ principal: _principal, ...acl }) => acl),
    quotas: quotas.entries.flatMap(({ entity, values }) =>
      values.map(([key, value]) => ({
        client: entity.has("client-id") ? (entity.get("client-id") ?? null) : undefined,
        key,
        value,
      })),
    ),
  };
}

const partsOf = ({ resource, name, pattern, host, operation, permission }: Acl, user: string): readonly Buffer[] => [
  int8(resource),
  string(name),
  int8(pattern),
  string(principalOf(user)),
  string(host),
  int8(operation),
  int8(permission),
];

const quotaParts = ({ client, key, value }: Quota, user: string, isRemoved: boolean): readonly Buffer[] => [
  array([[string("user"), string(user)], ...(client === undefined ? [] : [[string("client-id"), string(client)]])]),
  array([[string(key), float64(value), boolean(isRemoved)]]),
];

const without = <Right>(some: readonly Right[], others: readonly Right[]): readonly Right[] => {
  const known = new Set(others.map((right) => JSON.stringify(right)));
  return some.filter((right) => !known.has(JSON.stringify(right)));
};
const placeOf = ({ client, key }: Quota): string => JSON.stringify([client, key]);

/**
 * Gives the user what it lacks and takes what it has too much: what is forbidden and what is limited first, so that it may
 * never do more than the other of the pair. Errors: those of a broker.
 */
export async function changeRights(
  connection: Connection,
  user: string,
  held: Rights,
  wanted: Rights,
  call: CallOptions,
): Promise<void> {
  const carryOut = async (api: Api<readonly number[]>, entries: readonly (readonly Buffer[])[], ...more: Buffer[]) => {
    if (entries.length === 0) return;
    const results = await connection.ask(api, [array(entries), ...more], call);
    if (results.length === 0) throw new RekeyError("server-misbehaved", { context: { problem: "no result" } });
    for (const error of results) requireNone(error, api.operation);
  };
  const places = new Set(wanted.quotas.map(placeOf));
  const given = without(wanted.quotas, held.quotas).map((quota) => quotaParts(quota, user, false));
  await carryOut(alterQuotas, given, boolean(false));
  const missing = without(wanted.acls, held.acls);
  for (const isDenial of [true, false]) {
    const acls = missing.filter(({ permission }) => (permission === deny) === isDenial);
    const parts = acls.map((acl) => partsOf(acl, user));
    await carryOut(createAcls, parts);
  }
  const surplus = without(held.acls, wanted.acls).toSorted((one, other) => other.permission - one.permission);
  await carryOut(
    deleteAcls,
    surplus.map((acl) => partsOf(acl, user)),
  );
  const removed = held.quotas.filter((quota) => !places.has(placeOf(quota)));
  await carryOut(
    alterQuotas,
    removed.map((quota) => quotaParts(quota, user, true)),
    boolean(false),
  );
}

const metadata: Api<number> = {
  operation: "read rights",
  key: 3,
  version: 8,
  read(answer) {
    answer.int32();
    answer.array(() => [answer.int32(), answer.string(), answer.int32(), answer.nullableString()]);
    answer.nullableString();
    answer.int32();
    answer.array(() => {
      throw new RekeyError("server-misbehaved", { context: { problem: "a topic that nothing asked for" } });
    });
    return answer.int32();
  },
};

/** Numbers of AclOperation. */
const operations = { Alter: 7, Describe: 8, DescribeConfigs: 10, AlterConfigs: 11 } as const;

/** Which of these the session has on the cluster. */
export async function clusterRights(
  connection: Connection,
  call: CallOptions,
): Promise<(right: keyof typeof operations) => boolean> {
  const mask = await connection.ask(metadata, [array([]), boolean(false), boolean(true), boolean(false)], call);
  return (right) => (mask & (1 << operations[right])) !== 0;
}

/** Errors: `database-rights-missing`. */
export async function requireRights(
  connection: Connection,
  needed: readonly (keyof typeof operations)[],
  call: CallOptions,
): Promise<void> {
  const has = await clusterRights(connection, call);
  const missing = needed.find((right) => !has(right));
  if (missing === undefined) return;
  throw new RekeyError("database-rights-missing", {
    context: { right: `${missing} on the cluster` },
    hint: `give the session's user ${missing} on the cluster (kafka-acls --add --cluster), or name an admin secret in masterarn`,
  });
}
