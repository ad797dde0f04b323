import type { CreateSecretRequest, Filter } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { openStage } from "./test-stage.ts";

type Made = Omit<CreateSecretRequest, "SecretString">;

async function found(secrets: readonly Made[], filters: readonly Filter[]): Promise<readonly (string | undefined)[]> {
  const stage = await openStage();
  for (const secret of secrets) {
    await stage.client.createSecret({ ...secret, SecretString: "value" });
    await stage.clock.advance(1000);
  }
  return ((await stage.client.listSecrets({ Filters: [...filters] })).SecretList ?? []).map(({ Name }) => Name);
}

const described: readonly Made[] = [
  { Name: "foo", Description: "one two" },
  { Name: "bar", Description: "one and two" },
  { Name: "baz", Description: "one" },
  { Name: "qux", Description: "two" },
  { Name: "none", Description: "unrelated" },
];

test.each([
  ["both words, with others between them", ["one two"], ["foo", "bar"]],
  ["the words in the other order", ["two one"], ["foo", "bar"]],
  ["the beginnings of words", ["o t"], ["foo", "bar"]],
  ["the beginning of a word that is not the first", ["t"], ["foo", "bar", "qux"]],
  ["words in another case", ["ONE Two"], ["foo", "bar"]],
  ["no middle of a word", ["wo"], []],
  ["either of two values", ["and", "unrelated"], ["bar", "none"]],
  ["a value or the absence of another", ["one", "!two"], ["foo", "bar", "baz", "none"]],
  ["the absence of a word", ["!o"], ["qux", "none"]],
])("the filter description finds by %s", async (_what, Values, expected) => {
  expect(await found(described, [{ Key: "description", Values }])).toEqual(expected);
});

test("the same key twice asks for both", async () => {
  const twice = [
    { Key: "description" as const, Values: ["one"] },
    { Key: "description" as const, Values: ["two"] },
  ];
  expect(await found(described, twice)).toEqual(["foo", "bar"]);
});

const camelCased: readonly Made[] = [
  { Name: "SecretOne" },
  { Name: "SecretTwo", Description: "DescTwo" },
  { Name: "Thirdsecret" },
  { Name: "SecretFTag", Tags: [{ Key: "1", Value: "foo" }] },
  { Name: "SecretFValue", Tags: [{ Key: "foo", Value: "v" }] },
  { Name: "none" },
];

test.each([
  ["every word of a name", "SecretOne", ["SecretOne"]],
  ["a tag's key and a tag's value", "foo", ["SecretFTag", "SecretFValue"]],
  ["a word of a name", "Secret", ["SecretOne", "SecretTwo", "SecretFTag", "SecretFValue"]],
  ["a word in another case", "secret", ["SecretOne", "SecretTwo", "SecretFTag", "SecretFValue"]],
  ["the beginning of a word", "sec", ["SecretOne", "SecretTwo", "SecretFTag", "SecretFValue"]],
  ["no end of a word", "ret", []],
  ["no words of which one is missing", "SomeSecret", []],
  ["one letter, in the description", "d", ["SecretTwo"]],
  ["the beginnings of two words", "d t", ["SecretTwo"]],
  ["a word after a single capital", "t", ["SecretTwo", "Thirdsecret", "SecretFTag"]],
])("the filter all finds by %s", async (_what, value, expected) => {
  expect(await found(camelCased, [{ Key: "all", Values: [value] }])).toEqual(expected);
});

const separated = ["/", "_", "+", "=", ".", "@", "-"].map((mark) => `prod${mark}AppBeta${mark}a1b2c3`);
const capitals = ["uat/COMPANY/a1b2c3", "uat/COMPANYthings/a1b2c3"];
const spelled = [...separated, ...capitals].map((Name) => ({ Name }));

test.each([
  ["two words that a capital separates", ["AppBeta"], separated],
  ["the second of them", ["Beta"], separated],
  ["either of two values", ["AppBeta", "prod"], separated],
  ["nothing for a separator", ["+"], []],
  ["the last word", ["a1b2c3"], [...separated, ...capitals]],
  ["a word in capitals, but not where lower case follows", ["company"], ["uat/COMPANY/a1b2c3"]],
  ["no lower case after capitals, which the last of them begins", ["things"], []],
  ["the last of the capitals and what follows", ["Ythings"], ["uat/COMPANYthings/a1b2c3"]],
  ["no letter within capitals", ["N"], []],
  ["no end of a word in capitals", ["pany"], []],
])("in names with separators the filter all finds by %s", async (_what, Values, expected) => {
  expect(await found(spelled, [{ Key: "all", Values }])).toEqual(expected);
});

const tagged: readonly Made[] = [
  { Name: "App/one", Tags: [{ Key: "Team", Value: "Orders" }] },
  { Name: "app/two", Tags: [{ Key: "team", Value: "orders" }] },
  { Name: "plain" },
];

test.each<[NonNullable<Filter["Key"]>, string, readonly string[]]>([
  ["name", "App", ["App/one"]],
  ["name", "one", []],
  ["name", "!app", ["App/one", "plain"]],
  ["tag-key", "Te", ["App/one"]],
  ["tag-key", "eam", []],
  ["tag-value", "ord", ["app/two"]],
  ["tag-value", "ders", []],
  ["primary-region", "us-", ["App/one", "app/two", "plain"]],
  ["primary-region", "US-", []],
  ["owning-service", "rds", []],
])("the filter %s finds %s by the beginning in its own case", async (Key, value, expected) => {
  expect(await found(tagged, [{ Key, Values: [value] }])).toEqual(expected);
});

test.each<[string, object, string, string]>([
  ["without a key", { Values: ["a"] }, "InvalidParameterException", "Invalid filter key"],
  ["with an unknown key", { Key: "invalid", Values: ["a"] }, "ValidationException", "'filters.1.member.key'"],
  ["without values", { Key: "name" }, "InvalidParameterException", "Invalid filter values for key: name"],
  ["with a letter that no value may have", { Key: "name", Values: ["a*"] }, "ValidationException", "pattern"],
])("a filter %s is refused", async (_what, filter, name, message) => {
  const { client } = await openStage();
  const refusal = client.listSecrets({ Filters: [filter] });
  await expect(refusal).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
});
