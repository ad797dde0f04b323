import { expect, test } from "vitest";
import { prepare, checkTemplate } from "./prepare.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";

const place = {
  stackName: "app",
  firstNumber: 1,
  stackId: "arn:stack/app",
  region: "eu-west-1",
  accountId: "111122223333",
};
const check = (yaml: string): unknown => checkTemplate(readTemplate(yaml));
const given = (yaml: string, parameters: Record<string, string>): unknown =>
  prepare(readTemplate(yaml), parameters, place);

const parameters = `
Parameters:
  One: { Type: String, Default: "" }
  Many: { Type: CommaDelimitedList, Default: "" }
`;
const rule = (assertion: string): string =>
  `${parameters}Rules: { R: { Assertions: [{ Assert: ${assertion}, AssertDescription: refused by the rule }] } }\nResources: {}`;
const resource = (attributes: string): string =>
  `${parameters}Resources: { Q: { Type: AWS::SQS::Queue, ${attributes} } }`;

test.each([
  ["Join in a rule", rule('!Equals [!Join ["", !Ref Many], ""]'), "R uses Fn::Join"],
  ["If in a rule", rule("!Equals [!If [C, a, b], a]"), "R uses Fn::If"],
  ["Sub in a rule", rule('!Equals [!Sub "${One}", ""]'), "R uses Fn::Sub"],
  ["Select in a rule", rule('!Equals [!Select [0, !Ref Many], ""]'), "R uses Fn::Select"],
  ["a condition in a rule", rule("!Equals [!Ref Somewhere, a]"), "R refers to Somewhere"],
  ["GetAtt in a condition", `Conditions: { C: !Equals [!GetAtt Q.Arn, a] }\nResources: {}`, "C uses Fn::GetAtt"],
  ["If in a condition", `Conditions: { C: !Equals [!If [D, a, b], a] }\nResources: {}`, "C uses Fn::If"],
  ["a resource in a condition", `Conditions: { C: !Equals [!Ref Q, a] }\nResources: {}`, "C refers to Q"],
  ["one condition in And", `Conditions: { C: !And [!Equals [a, b]] }\nResources: {}`, "Fn::And of 1 conditions"],
  [
    "a function in a parameter",
    "Parameters: { P: { Type: String, Default: !Ref AWS::Region } }\nResources: {}",
    "P uses Ref",
  ],
  ["a rule's function in a resource", resource("Properties: { QueueName: !Contains [[a], a] }"), "Q uses Fn::Contains"],
  ["a function in DeletionPolicy", resource("DeletionPolicy: !If [C, Retain, Delete]"), "Q uses Fn::If"],
  ["Equals in an output", `Resources: {}\nOutputs: { O: { Value: !Equals [a, b] } }`, "O uses Fn::Equals"],
  [
    "a function in an output's description",
    `Resources: {}\nOutputs: { O: { Value: a, Description: !Ref X } }`,
    "O uses Ref",
  ],
  [
    "SAM's types without its transform",
    "Resources: { F: { Type: AWS::Serverless::Function } }",
    "needs the template's Transform",
  ],
])("a template is refused for %s, with where it stands", (_what, yaml, message) => {
  expect(() => check(yaml)).toThrow(message);
});

const many = (section: string, count: number, item: string): string =>
  `${section === "Resources" ? "" : "Resources: {}\n"}${section}: {${Array.from({ length: count }, (_, n) => `N${n}: ${item}`).join(", ")}}`;
test.each([
  ["Parameters", 200, "{ Type: String }"],
  ["Resources", 500, "{ Type: AWS::SQS::Queue }"],
  ["Outputs", 200, "{ Value: a }"],
])("of %s a template may have %i", (section, most, item) => {
  expect(() => check(many(section, most, item))).not.toThrow();
  expect(() => check(many(section, most + 1, item))).toThrow(`${section}: there are ${most + 1}`);
});

test("a template may have a megabyte", () => {
  expect(() => check(`Description: ${"d".repeat(1_048_576)}\nResources: {}`)).toThrow(
    "bytes, and CloudFormation takes 1048576",
  );
});

test.each([
  ['!EachMemberEquals [!Ref Many, ""]', { Many: "" }, { Many: "a,b" }],
  ["!EachMemberIn [!Ref Many, [a, b]]", { Many: "a,b" }, { Many: "a,c" }],
  ["!Contains [[a, b], !Ref One]", { One: "b" }, { One: "c" }],
  [
    '!Or [!Not [!Equals [!Ref One, ""]], !And [!Equals [a, a], !Contains [!Ref Many, x]]]',
    { Many: "x" },
    { Many: "y" },
  ],
])("a rule may ask %s", (assertion, kept, broken) => {
  expect(() => given(rule(assertion), kept)).not.toThrow();
  expect(() => given(rule(assertion), broken)).toThrow("refused by the rule");
});

test("a rule that asks for the account's networks is refused as what the local stack cannot know", () => {
  expect(() => given(rule("!Contains [!RefAll AWS::EC2::VPC::Id, a]"), {})).toThrow("Fn::RefAll");
});

test.each([
  ["Type: Number", "one", "P: the value is no number"],
  ["Type: Number, MinValue: 2", "1", "P: MinValue is 2"],
  ["Type: Number, MaxValue: 2", "3", "P: MaxValue is 2"],
  ["Type: String, MinLength: 2", "a", "P: MinLength is 2"],
  ["Type: String, MaxLength: 2", "abc", "P: MaxLength is 2"],
  ["Type: String", "ü".repeat(2049), "P: the value has 4098 bytes, and CloudFormation takes 4096"],
])("a parameter with %s refuses what does not fit", (declaration, value, message) => {
  expect(() => given(`Parameters: { P: { ${declaration} } }\nResources: {}`, { P: value })).toThrow(message);
});
