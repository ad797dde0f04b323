import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../local/template/read-template.ts";

const root = resolve(import.meta.dirname, "../..");
const config = readFileSync(resolve(root, "samconfig.toml"), "utf8");
const { Parameters } = readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8"));
const overridesOf = (environment: string): Readonly<Record<string, string>> => {
  const [, section = ""] = config.split(`[${environment}.deploy.parameters]`);
  const [, pairs = ""] = /^parameter_overrides = "(.+)"$/mu.exec(section.split("\n[")[0] ?? "") ?? [];
  return Object.fromEntries(pairs.split(" ").map((pair) => pair.split("=", 2)));
};

test.each(["dev", "staging", "prod"])("the parameters of %s are such that the template takes them", (environment) => {
  const overrides = overridesOf(environment);
  expect(Object.keys(overrides).length).toBeGreaterThan(0);
  const secrets = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
  const bound = bindParameters(Parameters, { ...overrides, SecretArnPattern: secrets });
  for (const [name, value] of Object.entries(overrides)) expect(bound.get(name)).toBe(value);
});

test("no environment takes the name of another's bus, or concurrency that a new account does not have", () => {
  const taken = ["dev", "staging", "prod"].flatMap((environment) => Object.keys(overridesOf(environment)));
  expect(taken.filter((name) => name === "EventBusName" || name === "ReservedConcurrency")).toEqual([]);
  expect(
    bindParameters(Parameters, { SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*" }).get(
      "EventBusName",
    ),
  ).toBe("");
});
