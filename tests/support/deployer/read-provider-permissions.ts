import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isMembers, type Members } from "../../../shared/answers/members.ts";
import { record, text, textList } from "../../../local/aws/members.ts";

/** What CloudFormation does with a resource of a stack. Listing is for others. */
export const operations = ["create", "read", "update", "delete"] as const;
export type Operation = (typeof operations)[number];

/** By type, the calls that each operation may make with the rights of whoever deploys. */
export type ProviderPermissions = Readonly<Record<string, Readonly<Partial<Record<Operation, readonly string[]>>>>>;

const sorted = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();

function permissionsOf(schema: Members): ProviderPermissions[string] {
  const handlers = record(schema, "handlers");
  // A stack's own tags are put on every resource that takes tags.
  const tagging = textList(record(schema, "tagging"), "permissions");
  return Object.fromEntries(
    operations
      .filter((operation) => isMembers(handlers[operation]))
      .map((operation) => {
        const own = textList(record(handlers, operation), "permissions");
        return [operation, sorted(operation === "delete" ? own : [...own, ...tagging])];
      }),
  );
}

/** AWS's schemas of these resource types, as cfn-lint brings them. */
export function providerSchemas(cfnLint: string, types: ReadonlySet<string>): ReadonlyMap<string, Members> {
  const lib = join(dirname(cfnLint), "../lib");
  const python = readdirSync(lib).find((name) => name.startsWith("python")) ?? "";
  const folder = join(lib, python, "site-packages/cfnlint/data/schemas/resources");
  const schemas = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name): unknown => JSON.parse(readFileSync(join(folder, name), "utf8")))
    .filter(isMembers);
  return new Map(
    schemas.map((schema) => [text(schema, "typeName"), schema] as const).filter(([type]) => types.has(type)),
  );
}

export const permissionsOfSchemas = (schemas: ReadonlyMap<string, Members>): ProviderPermissions =>
  Object.fromEntries(
    [...schemas]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([type, schema]) => [type, permissionsOf(schema)] as const),
  );
