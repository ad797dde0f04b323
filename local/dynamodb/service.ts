import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, record, recordList, text, textList, textRecord } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface DynamoDbOptions {
  readonly region: string;
  readonly accountId: string;
}

interface Table {
  readonly keys: readonly string[];
  readonly items: Map<string, Members>;
}

const invalid = (message: string): AwsError => new AwsError("ValidationException", message);

interface Action {
  readonly verb: string;
  /** A name, or the placeholder of one. */
  readonly path: string;
  readonly value: string;
  /** Of `if_not_exists`: where there is something here, that is the value. */
  readonly unless?: string;
}

const forms = {
  DELETE: /^\s*(?<path>#?\w+)\s+(?<value>:\w+)\s*$/u,
  ADD: /^\s*(?<path>#?\w+)\s+(?<value>:\w+)\s*$/u,
  SET: /^\s*(?<path>#?\w+)\s*=\s*(?:if_not_exists\(\s*(?<unless>#?\w+)\s*,\s*(?<default>:\w+)\s*\)|(?<value>:\w+))\s*$/u,
};

/** The sections of an update expression: `ADD path :value, … DELETE path :value, … SET path = :value, path = if_not_exists(path, :value), …`. */
function actionsOf(expression: string): readonly Action[] {
  const [, ...parts] = expression.split(/\b(ADD|DELETE|SET)\b/u);
  const actions = parts.flatMap((verb, index) => {
    if (index % 2 === 1) return [];
    return (parts[index + 1] ?? "").split(/,(?![^(]*\))/u).map((action): Action => {
      const {
        path,
        unless,
        default: other,
        value = other,
      } = forms[verb === "ADD" || verb === "DELETE" ? verb : "SET"].exec(action)?.groups ?? {};
      if (path === undefined || value === undefined)
        throw invalid("Invalid UpdateExpression: a form that is not emulated");
      return { verb, path, value, ...defined({ unless }) };
    });
  });
  if (actions.length === 0) throw invalid("Invalid UpdateExpression: a form that is not emulated");
  return actions;
}

function added(before: unknown, value: Members): Members {
  if (!("SS" in value)) throw invalid("Sets of strings can be added to; any other ADD is not emulated.");
  const known = isMembers(before) ? textList(before, "SS") : [];
  return { SS: [...new Set([...known, ...textList(value, "SS")])] };
}

/** DynamoDB takes away an attribute whose set has become empty. */
function lessened(before: unknown, value: Members): Members | undefined {
  if (!("SS" in value)) throw invalid("From sets of strings can be deleted; any other DELETE is not emulated.");
  const known = isMembers(before) ? textList(before, "SS") : [];
  const left = known.filter((one) => !textList(value, "SS").includes(one));
  return left.length === 0 ? undefined : { SS: left };
}

/** As much of DynamoDB as counting in a set needs: tables, BatchGetItem, and UpdateItem with ADD and DELETE of strings and SET of a value or `if_not_exists`. */
export function createDynamoDb({ region, accountId }: DynamoDbOptions): AwsService {
  const tables = new Map<string, Table>();
  const arnOf = (name: string): string => `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;

  const create = (input: Members): Members => {
    const name = text(input, "TableName");
    if (tables.has(name)) throw new AwsError("ResourceInUseException", `Table already exists: ${name}`);
    const keys = recordList(input, "KeySchema").map((key) => text(key, "AttributeName"));
    tables.set(name, { keys, items: new Map() });
    return { TableDescription: { TableName: name, TableArn: arnOf(name), TableStatus: "ACTIVE" } };
  };

  const update = (input: Members): Members => {
    const table = tables.get(text(input, "TableName"));
    if (table === undefined) throw new AwsError("ResourceNotFoundException", "Requested resource not found");
    const key = record(input, "Key");
    if (Object.keys(key).sort().join() !== [...table.keys].sort().join()) {
      throw invalid("The provided key element does not match the schema");
    }
    const id = JSON.stringify(table.keys.map((name) => key[name]));
    const values = record(input, "ExpressionAttributeValues");
    const names = textRecord(input, "ExpressionAttributeNames");
    const attributeNameOf = (path: string): string => {
      const name = path.startsWith("#") ? names[path] : path;
      if (name !== undefined) return name;
      throw invalid(
        `Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: ${path}`,
      );
    };
    const before = table.items.get(id) ?? key;
    const item: Record<string, unknown> = { ...before };
    for (const { verb, path, value, unless } of actionsOf(text(input, "UpdateExpression"))) {
      const given = record(values, value);
      const name = attributeNameOf(path);
      const kept = unless === undefined ? undefined : before[attributeNameOf(unless)];
      if (verb === "ADD") item[name] = added(before[name], given);
      else item[name] = verb === "DELETE" ? lessened(before[name], given) : (kept ?? given);
    }
    table.items.set(id, item);
    return optionalText(input, "ReturnValues") === "ALL_NEW" ? { Attributes: item } : {};
  };

  /** Items as they are: reads are never eventually consistent here, and none is left for the next call. */
  const batchGet = (input: Members): Members => {
    const Responses = Object.fromEntries(
      Object.entries(record(input, "RequestItems")).map(([name, request]) => {
        const table = tables.get(name);
        if (table === undefined) throw new AwsError("ResourceNotFoundException", "Requested resource not found");
        const keys = isMembers(request) ? recordList(request, "Keys") : [];
        if (keys.length === 0 || keys.length > 100) throw invalid("1 to 100 keys can be asked for.");
        const items = keys.map((key) => table.items.get(JSON.stringify(table.keys.map((part) => key[part]))));
        return [name, items.filter((item) => item !== undefined)];
      }),
    );
    return { Responses, UnprocessedKeys: {} };
  };

  const operations: Readonly<Record<string, (input: Members) => Members>> = {
    BatchGetItem: batchGet,
    CreateTable: create,
    DeleteTable: (input) => {
      const name = text(input, "TableName");
      if (!tables.delete(name)) throw new AwsError("ResourceNotFoundException", "Requested resource not found");
      return { TableDescription: { TableName: name, TableArn: arnOf(name), TableStatus: "DELETING" } };
    },
    UpdateItem: update,
  };

  return {
    name: "dynamodb",
    targets: ["DynamoDB_20120810"],
    resources: ({ input }) => {
      const names = "RequestItems" in input ? Object.keys(record(input, "RequestItems")) : [text(input, "TableName")];
      return names.map(arnOf);
    },
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined)
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      return { body: run(input) };
    },
  };
}
