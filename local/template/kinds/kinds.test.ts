import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { isMembers, type Members } from "../../../shared/answers/members.ts";
import { optionalText, textList } from "../../aws/members.ts";
import { outsideProgram } from "../../../tests/support/outside-program.ts";
import { givenName, madeName } from "../physical-name.ts";
import type { Naming } from "./kind.ts";
import { kinds } from "./kinds.ts";

const cfnLint = outsideProgram("REKEY_CFN_LINT", "PyPI: cfn-lint");

/** AWS's own schemas of the resource types, which cfn-lint carries. */
function schemas(program: string): ReadonlyMap<string, Members> {
  const lib = resolve(program, "../../lib");
  const [python = ""] = readdirSync(lib);
  const folder = join(lib, python, "site-packages/cfnlint/data/schemas/resources");
  const read = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name): unknown => JSON.parse(readFileSync(join(folder, name), "utf8")));
  return new Map(read.filter(isMembers).map((schema) => [optionalText(schema, "typeName") ?? "", schema]));
}

describe.skipIf(cfnLint === undefined)("AWS's schemas of resource types", () => {
  const known = cfnLint === undefined ? new Map<string, Members>() : schemas(cfnLint);
  // No schema is published for what the CDK writes for itself.
  test.each(Object.entries(kinds).filter(([type]) => type !== "AWS::CDK::Metadata"))(
    "say the same of what an update cannot change in %s",
    (type, kind) => {
      const createOnly = textList(known.get(type) ?? {}, "createOnlyProperties");
      expect([...kind.createOnly].sort()).toEqual(createOnly.map((path) => path.replace("/properties/", "")).sort());
    },
  );
});

const naming: Naming = { stackName: "app", firstNumber: 1 };
const givenNameOf = (type: string, name: string): string | undefined => {
  const kind = kinds[type];
  const property = kind?.name?.property ?? "";
  return kind && givenName("Thing", kind, { [property]: name });
};

test.each([
  ["AWS::Lambda::Function", 64],
  ["AWS::SQS::Queue", 80],
  ["AWS::IAM::Role", 64],
  ["AWS::SNS::Topic", 256],
  ["AWS::Events::EventBus", 256],
  ["AWS::Events::Rule", 64],
  ["AWS::Events::Archive", 48],
  ["AWS::DynamoDB::Table", 255],
  ["AWS::Logs::LogGroup", 512],
  ["AWS::CloudWatch::Alarm", 255],
  ["AWS::CloudWatch::Dashboard", 255],
])("a name of %s has at most %i characters, and one that is made is cut", (type, longest) => {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`${type} is unknown`);
  expect(givenNameOf(type, "n".repeat(longest))).toHaveLength(longest);
  expect(() => givenNameOf(type, "n".repeat(longest + 1))).toThrow(`Thing: ${kind.name?.property} `);
  expect(madeName(naming, "L".repeat(longest), kind)).toHaveLength(longest);
});

test("a name with characters that its service refuses is refused", () => {
  expect(() => givenNameOf("AWS::SQS::Queue", "a/b")).toThrow("Thing: QueueName a/b has characters");
  expect(givenNameOf("AWS::Logs::LogGroup", "/aws/lambda/a")).toBe("/aws/lambda/a");
});
