import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { bindParameters } from "../../local/template/parameters.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { blocksIn } from "../docs/fenced-blocks.ts";

const root = resolve(import.meta.dirname, "../..");
const config = readFileSync(resolve(root, "samconfig.toml"), "utf8");
const { Parameters } = readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8"));
const overridesIn = (section: string): Readonly<Record<string, string>> => {
  const [, pairs = ""] = /^parameter_overrides = "(.+)"$/mu.exec(section) ?? [];
  return Object.fromEntries(pairs.split(" ").map((pair) => pair.split("=", 2)));
};
const overridesOf = (environment: string): Readonly<Record<string, string>> => {
  const [, section = ""] = config.split(`[${environment}.deploy.parameters]`);
  return overridesIn(section.split("\n[")[0] ?? "");
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

const shown = blocksIn("toml");

test.each(shown)("the settings at $at are those of a deployment, and the template takes them", ({ text }) => {
  const settings = [...text.matchAll(/^(\w+) = "[^"\n]+"$/gmu)].map(([, name = ""]) => name);
  expect(text.trim().split("\n")).toHaveLength(settings.length);
  expect(["parameter_overrides", "role_arn"]).toEqual(expect.arrayContaining(settings));
  const overrides = overridesIn(text);
  expect(overrides).toHaveProperty("SecretArnPattern");
  for (const [name, value] of Object.entries(overrides)) {
    expect([bindParameters(Parameters, overrides).get(name)].flat().join(",")).toBe(value);
  }
});

test("a page's settings for an environment have what samconfig.toml has there", () => {
  const dev = Object.entries(overridesOf("dev"));
  const pages = ["docs/how-to/deploy.md", "docs/quick-start.md"];
  const ofDev = shown.filter(({ page }) => pages.includes(page)).map(({ text }) => overridesIn(text));
  expect(ofDev).toHaveLength(pages.length);
  for (const overrides of ofDev) expect(Object.entries(overrides)).toEqual(expect.arrayContaining(dev));
});

test("no page passes parameters to the environments of samconfig.toml, which would replace their own", () => {
  const lines = blocksIn("sh").flatMap(({ at, text }) =>
    text
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => ({ at, line })),
  );
  const replacing = lines.filter(({ line }) => /^sam deploy .*--config-env.*--parameter-overrides/u.test(line));
  expect(replacing).toEqual([]);
});
