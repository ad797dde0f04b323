import { isMembers, optionalText, record, recordList, text, textList, type Members } from "../aws/members.ts";
import { AwsError, type AwsService } from "../aws/service.ts";

export interface DynamoDbOptions {
  readonly region: string;
  readonly accountId: string;
}

interface Table {
  readonly keys: readonly string[];
  readonly items: Map<string, Members>;
}

const invalid = (message: string): AwsError => new AwsError("ValidationException", message);

/** The sections of an update expression: `ADD path :value, … SET path = :value, …`. */
function actionsOf(
  expression: string,
): readonly { readonly verb: string; readonly path: string; readonly value: string }[] {
  const [, ...parts] = expression.split(/\b(ADD|SET)\b/u);
  const actions = parts.flatMap((verb, index) => {
    if (index % 2 === 1) return [];
    return (parts[index + 1] ?? "").split(",").map((action) => {
      const form = verb === "ADD" ? /^\s*(\w+)\s+(:\w+)\s*$/u : /^\s*(\w+)\s*=\s*(:\w+)\s*$/u;
      const [, path, value] = form.exec(action) ?? [];
      if (path === undefined || value === undefined)
        throw invalid("Invalid UpdateExpression: a form that is not emulated");
      return { verb, path, value };
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

/** As much of DynamoDB as counting in a set needs: tables, BatchGetItem, and UpdateItem with ADD of strings and SET of a value. */
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
    const item: Record<string, unknown> = { ...(table.items.get(id) ?? key) };
    for (const { verb, path, value } of actionsOf(text(input, "UpdateExpression"))) {
      const given = record(values, value);
      item[path] = verb === "ADD" ? added(item[path], given) : given;
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
