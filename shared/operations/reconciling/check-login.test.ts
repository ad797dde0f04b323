import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription, SecretStore } from "../../ports/secret-store.ts";
import { BinaryValue } from "../../secrets/binary-value.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memoryEngine } from "../../testing/memory-engine.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
import { checkLogin, parseLoginTask } from "./check-login.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const call = { signal: AbortSignal.timeout(5_000) };
const labels = (...pairs: readonly (readonly [string, readonly string[]])[]) => ({ labels: new Map(pairs) });
const current = ["v1", ["AWSCURRENT"]] as const;
const pending = ["v2", ["AWSPENDING"]] as const;
const described: SecretDescription = {
  secretArn,
  name: "db/app",
  rotationEnabled: true,
  tags: new Map(),
  ...labels(current),
};

/** `descriptions`: what is found before and after the login; `undefined` for a secret that is not there. */
async function check(
  options: {
    readonly descriptions?: readonly (SecretDescription | undefined)[];
    readonly fields?: object | string | BinaryValue;
    readonly unreachable?: string;
    readonly knownBy?: readonly string[];
    readonly failure?: RekeyError;
    readonly isEmpty?: boolean;
  } = {},
) {
  const { descriptions = [described], fields = {}, unreachable, knownBy = ["db"] } = options;
  const { failure = new RekeyError("secret-not-found"), isEmpty = false } = options;
  const engine = memoryEngine();
  for (const host of knownBy) engine.give("app", ["right"], host);
  if (unreachable !== undefined) engine.unreachable.add(unreachable);
  const publisher = memoryPublisher();
  const value = { engine: "memory", host: "db", username: "app", password: "right" };
  const textOf = (): string => (typeof fields === "string" ? fields : JSON.stringify({ ...value, ...fields }));
  const content = fields instanceof BinaryValue ? fields : new SecretValue(textOf());
  let looks = 0;
  const store = {
    describe: async () => {
      const found = descriptions[Math.min(looks++, descriptions.length - 1)];
      if (found === undefined) throw failure;
      return found;
    },
    read: async (...[, { label }]: Parameters<SecretStore["read"]>) =>
      isEmpty || label !== "AWSCURRENT" ? undefined : { versionId: "v1", value: content, createdAt: new Date(0) },
  };
  const outcome = await checkLogin({ store, publisher, engines: [engine] }, secretArn, call).catch(
    (error: unknown) => error,
  );
  return { outcome, events: publisher.events, logins: engine.logins() };
}

const wrong = { password: "wrong" };
const finding = {
  type: "Secret Finding",
  secretArn,
  secretName: "db/app",
  versionId: "v1",
  finding: "current-refused",
  repaired: false,
};

test("a credential that logs in is not reported, and costs one login on each server", async () => {
  expect(await check()).toEqual({ outcome: { outcome: "works" }, events: [], logins: 1 });
  const both = await check({ fields: { hosts: ["other"] }, knownBy: ["db", "other"] });
  expect(both).toEqual({ outcome: { outcome: "works" }, events: [], logins: 2 });
});

test("a refused one is offered once and reported, with the server that refused it", async () => {
  const refused = { outcome: "refused", versionId: "v1", host: "db", refusal: "bad-credential" };
  expect(await check({ fields: wrong })).toEqual({ outcome: refused, events: [finding], logins: 1 });
});

test("a server that cannot be reached does not hide that another one refused", async () => {
  const several = { fields: { hosts: ["other"] }, unreachable: "db" };
  expect((await check({ ...several, knownBy: [] })).events).toEqual([finding]);
  const unknown = await check({ ...several, knownBy: ["other"] });
  expect(unknown).toMatchObject({ outcome: { code: "database-unreachable" }, events: [], logins: 2 });
});

test.each([
  ["while a rotation is under way", [{ ...described, ...labels(current, pending) }], 0],
  ["when a rotation began meanwhile", [described, { ...described, ...labels(current, pending) }], 1],
  ["when another version is current meanwhile", [described, { ...described, ...labels(["v2", ["AWSCURRENT"]]) }], 1],
])("nothing is said %s", async (_when, descriptions, logins) => {
  expect(await check({ descriptions, fields: wrong })).toEqual({
    outcome: { outcome: "rotating" },
    events: [],
    logins,
  });
});

test("AWSPENDING on the current version is no rotation that is under way", async () => {
  const descriptions = [{ ...described, ...labels(["v1", ["AWSCURRENT", "AWSPENDING"]]) }];
  expect((await check({ descriptions, fields: wrong })).events).toEqual([finding]);
});

test.each([
  ["is not there", { descriptions: [undefined] }, 0],
  ["is scheduled for deletion", { descriptions: [{ ...described, deletedAt: new Date() }] }, 0],
  ["an AWS service rotates", { descriptions: [{ ...described, managedBy: "rds" }] }, 0],
  ["went away meanwhile", { descriptions: [described, undefined], fields: wrong }, 1],
  ["holds no value", { isEmpty: true }, 0],
  ["holds no credential", { fields: '{"key":"value"}' }, 0],
  ["holds no JSON", { fields: "text" }, 0],
  ["holds bytes", { fields: new BinaryValue(Uint8Array.of(0), "db/app") }, 0],
  ["is of an engine that is not known", { fields: { engine: "db2" } }, 0],
])("a secret that %s is passed over", async (_what, options, logins) => {
  expect(await check(options)).toEqual({ outcome: { outcome: "no-login" }, events: [], logins });
});

test("a task is the ARN of one secret, and nothing else", () => {
  expect(parseLoginTask(JSON.stringify({ checkLogin: secretArn }))).toBe(secretArn);
  for (const text of ["{", "{}", '{"checkLogin":"db/app"}', '{"checkLogin":7}', "null"]) {
    expect(() => parseLoginTask(text)).toThrow(
      expect.objectContaining({ code: "event-malformed", context: { problem: "not a task of check-login" } }) as Error,
    );
  }
});

test("a failure of the store is passed on", async () => {
  const failure = new RekeyError("store-throttled");
  expect((await check({ descriptions: [undefined], failure })).outcome).toBe(failure);
  const later = await check({ descriptions: [described, undefined], fields: wrong, failure });
  expect([later.outcome, later.events]).toEqual([failure, []]);
});
