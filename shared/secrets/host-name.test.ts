import { expect, test } from "vitest";
import { parseAdminSecret, parseDatabaseSecret, parseLoginSecret } from "./database-secret.ts";
import { isRekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "./secret-value.ts";

const base = { engine: "postgres", host: "db.example", username: "app", password: "p" };

function problemOf(parse: (value: SecretValue) => unknown, fields: object): unknown {
  try {
    parse(new SecretValue(JSON.stringify({ ...base, ...fields })));
    return undefined;
  } catch (error) {
    if (!isRekeyError(error, "secret-malformed") || `${error.message} ${error.hint}`.includes("canary")) throw error;
    return `${error.context["field"]} ${error.context["problem"]}`;
  }
}

const wrong: readonly (readonly [string, RegExp])[] = [
  ["canary.example:5432", /port/],
  ["canary.example:", /port/],
  ["[::1]:5432", /port/],
  [" canary.example ", /blank/],
  ["canary.example\n", /blank/],
  ["canary example", /blank/],
  ["postgres://canary.example", /without a scheme/],
  ["tcp://canary.example:5432", /without a scheme/],
  ["canary.example.", /dot/],
  ["canary.example/shop", /host name alone/],
  ["app@canary.example", /host name alone/],
  ["canary.example?ssl=true", /host name alone/],
  ["canary\\SQLEXPRESS", /host name alone/],
  ["canary-1,canary-2", /several hosts/],
  ["canary:x:y", /neither/],
];

test.each(wrong)("%j in host is explained, in a secret and in its admin's", (host, problem) => {
  for (const parse of [parseDatabaseSecret, parseAdminSecret, parseLoginSecret]) {
    expect(problemOf(parse, { host })).toMatch(/^host /);
    expect(problemOf(parse, { host })).toMatch(problem);
  }
});

test.each(wrong.filter(([host]) => !/^\S+:\d+$/.test(host)))("%j in hosts is explained", (host, problem) => {
  expect(problemOf(parseDatabaseSecret, { hosts: ["ok.example", host] })).toMatch(/^hosts an entry /);
  expect(problemOf(parseDatabaseSecret, { hosts: [host] })).toMatch(host.endsWith(":") ? /port/ : problem);
});

test.each([[7], [""], [null], [{}]])("%j in hosts is explained", (entry) => {
  expect(problemOf(parseDatabaseSecret, { hosts: [entry] })).toMatch(/^hosts not a list/);
});

test.each(["db:0", "db:70000"])("%s in hosts has no port, and the field is hosts", (entry) => {
  expect(problemOf(parseDatabaseSecret, { hosts: [entry] })).toBe("hosts not a port number");
});

test.each([
  "db",
  "db.example",
  "DB_1.example",
  "10.0.0.1",
  "::1",
  "[::1]",
  "fe80::1%eth0",
  "bücher.example",
  "/run/postgresql",
])("%s is a host", (host) => {
  expect(problemOf(parseDatabaseSecret, { host })).toBeUndefined();
});

test.each(["db", "db.example:5433", "[::1]", "[::1]:5433", "10.0.0.1:1"])("%s is one of hosts", (entry) => {
  expect(problemOf(parseDatabaseSecret, { hosts: [entry] })).toBeUndefined();
});

test("an IPv6 address in hosts needs brackets, since its last part could be a port", () => {
  expect(problemOf(parseDatabaseSecret, { hosts: ["fd00::5432"] })).toMatch(/brackets/);
});

test("every field that is missing is named, with what to add", () => {
  const parse = (fields: object) => () => parseDatabaseSecret(new SecretValue(JSON.stringify(fields)));
  expect(parse({ username: "app", password: "p" })).toThrow(
    expect.objectContaining({
      context: { field: "engine, host", problem: "missing" },
      hint: expect.stringContaining('add "engine" and "host"'),
    }),
  );
  expect(parse({ ...base, password: null })).toThrow(
    expect.objectContaining({ context: { field: "password", problem: "missing" } }),
  );
});
