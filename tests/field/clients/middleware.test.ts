import { afterEach, beforeEach, expect, test } from "vitest";
import { secretsMiddleware } from "../../../shared/client/middy/secrets-middleware.ts";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../../../shared/testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const kind = "values changed or lost";
let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;

beforeEach(() => {
  clock = manualClock();
  secrets = memorySecrets();
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
  client = createSecretClient({ source: secrets, clock, budget, ttlMs: 1_000, background: false });
});
afterEach(async () => client.close());

async function put(value: string | object): Promise<unknown> {
  secrets.put("key", value);
  const request = { internal: {} as Record<string, unknown>, context: {} };
  await secretsMiddleware({ client, fetchData: { key: "key" }, setToContext: true }).before(request);
  expect(Reflect.get(request.context, "key")).toBe(request.internal["key"]);
  return request.internal["key"];
}

test.each([
  "12345678901234567890",
  "1e5",
  "007",
  "-0",
  "1.10",
  "0x1F",
  "true",
  "false",
  "null",
  "NaN",
  "Infinity",
  "",
  " ",
  "\n",
  " 12 ",
  "hunter2\n",
  "\uFEFF{}",
  "\uFEFF12",
  "\u00A0{}",
  "{not json}",
  "[1, 2",
  '"half a quote',
  '{"a":1}{"b":2}',
  "{{template}}",
  "p@ss{word}",
])("the text %j reaches the handler as it is", async (text) =>
  fieldCase(kind, async () => expect(await put(text)).toBe(text))(),
);

test.each([
  ['{"user":"u","port":5432}', { user: "u", port: 5432 }],
  ['\r\n\t {"user":"u"}\n', { user: "u" }],
  ["[1,2]", [1, 2]],
  ['"quoted"', "quoted"],
])("the JSON %j reaches the handler parsed", async (text, value) =>
  fieldCase(kind, async () => {
    const given = await put(text);
    expect(given).toEqual(value);
    expect(Object.isFrozen(given)).toBe(true);
  })(),
);

test.each([[[]], [[0, 255, 123, 125]], [[239, 187, 191, 123, 125]]])(
  "bytes %j reach the handler as bytes",
  async (bytes) =>
    fieldCase(kind, async () => expect(await put(Uint8Array.from(bytes))).toEqual(Uint8Array.from(bytes)))(),
);

test(
  "a token of digits stays one when it rotates to an object and back",
  fieldCase(kind, async () => {
    for (const [value, given] of [
      ["123", "123"],
      ['{"a":1}', { a: 1 }],
      ["456", "456"],
    ] as const) {
      clock.freeze(1_001);
      expect(await put(value)).toEqual(given);
    }
  }),
);

test(
  "a source that fails is the handler's error, not an old text",
  fieldCase(kind, async () => {
    secrets.fail(new RekeyError("store-rejected"));
    await expect(put("{}")).rejects.toMatchObject({ code: "store-rejected", context: { secret: "key" } });
  }),
);

test.each(["12345678901234567890", "1e5", "true", "null", '"text"'])(
  "json() of %j is asked for, and parses",
  async (text) =>
    fieldCase(kind, async () => {
      secrets.put("key", text);
      expect(await client.json("key")).toEqual(JSON.parse(text));
      expect((await client.get("key")).value.reveal()).toBe(text);
    })(),
);

test.each([
  ["", "not JSON"],
  ["\uFEFF{}", "byte order mark"],
  ["{}{}", "not JSON"],
  ["undefined", "not JSON"],
])("json() of %j is refused with its reason, and never half a value", async (text, problem) =>
  fieldCase(kind, async () => {
    secrets.put("key", text);
    await expect(client.json("key")).rejects.toMatchObject({
      code: "secret-malformed",
      context: { secret: "key", problem: expect.stringContaining(problem) },
    });
  })(),
);
