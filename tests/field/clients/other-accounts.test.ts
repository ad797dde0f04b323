import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { InvalidationSink, SecretNotice } from "../../../shared/client/invalidation/invalidation-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import { type ManualClock, manualClock } from "../../../shared/testing/manual-clock.ts";
import { type ScriptedAws, startScriptedAws } from "../../support/scripted-aws.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const kind = "one bad input ends or blocks the service";
const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
const foreign = arn.replace("111122223333", "999999999999");
const inChina = arn.replace("arn:aws:", "arn:aws-cn:");
const inGovCloud = arn.replace("arn:aws:", "arn:aws-us-gov:");
const replica = arn.replace("eu-west-1", "us-east-1");

let aws: ScriptedAws;
let sdk: SecretsManagerClient;
let clock: ManualClock;
let client: SecretClient;
let sink: InvalidationSink;

const holds = (versionId: string, ofArn = arn): void => {
  const body = { ARN: ofArn, VersionId: versionId, SecretString: `"${versionId}"`, CreatedDate: 1_700_000_000 };
  aws.answer = { status: 200, body };
};

beforeEach(async () => {
  aws = await startScriptedAws();
  sdk = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  clock = manualClock();
  client = createSecretClient({
    source: secretsManagerSource(sdk),
    clock,
    requestTimeoutMs: 1_000_000,
    background: true,
  });
  client.subscribe({
    start(given) {
      sink = given;
      return { stop: async () => undefined };
    },
  });
  holds("v1");
});
afterEach(async () => {
  await client.close();
  sdk.destroy();
  await aws.stop();
});

const notify = (secretArn: string, versionId: string): void | Promise<void> => sink.notice({ secretArn, versionId });
const read = async (id: string): Promise<string> => (await client.get(id)).versionId;

test.each([
  ["another account's", foreign],
  ["another account's, in another region", foreign.replace("eu-west-1", "us-east-1")],
  ["another account's, with another suffix", foreign.replace("AbCdEf", "GhIjKl")],
  ["China's", inChina],
  ["GovCloud's", inGovCloud],
])("reads by name go on while the source is away, and %s secret of that name rotates", async (_whose, other) =>
  fieldCase(kind, async () => {
    expect(await read("prod/orders")).toBe("v1");
    aws.answer = "reset";
    const asked = aws.calls.length;
    await notify(other, "foreign");
    expect(client.peek("prod/orders")?.versionId).toBe("v1");
    expect(await read("prod/orders")).toBe("v1");
    client.invalidate(other, { atLeast: "foreign" });
    client.invalidate(other);
    expect(await read("prod/orders")).toBe("v1");
    expect(aws.calls.length).toBe(asked);
  })(),
);

test.each([
  ["of its own account", arn],
  ["of a replica of it", replica],
  ["that names no account", "prod/orders"],
])("a notice %s is heard by reads by name", async (_whose, id) =>
  fieldCase(kind, async () => {
    expect(await read("prod/orders")).toBe("v1");
    holds("v2");
    await notify(id, "v2");
    expect(await read("prod/orders")).toBe("v2");
  })(),
);

test(
  "a secret that is read for the first time after another account's notice is read without waiting for that version",
  fieldCase(kind, async () => {
    await notify(foreign, "foreign");
    expect(await read("prod/orders")).toBe("v1");
    expect(aws.calls).toEqual(["GetSecretValue"]);
    expect(client.peek("prod/orders")?.versionId).toBe("v1");
  }),
);

test(
  "a notice of its own account that came before the first read is heard, although another account's came after it",
  fieldCase(kind, async () => {
    await notify(arn, "v2");
    for (const account of ["444444444444", "555555555555", "666666666666"])
      await notify(foreign.replace("999999999999", account), "foreign");
    const reading = read("prod/orders");
    await expect.poll(() => aws.calls.length, { timeout: 60_000 }).toBe(1);
    holds("v2");
    const isDone = reading.then(() => true);
    while (!(await Promise.race([isDone, new Promise((resolve) => setTimeout(resolve, 20, false))])))
      await clock.advance(50);
    expect(await reading).toBe("v2");
  }),
);

test(
  "two accounts' secrets of one name, each read by its ARN, hear each its own notices",
  fieldCase(kind, async () => {
    await read(arn);
    holds("w1", foreign);
    expect(await read(foreign)).toBe("w1");
    aws.answer = "reset";
    await notify(arn, "v2");
    expect(client.peek(foreign)?.versionId).toBe("w1");
    expect(client.peek(arn)).toBeUndefined();
  }),
);

test(
  "a name whose secret is another account's from now on hears that account",
  fieldCase(kind, async () => {
    await read("prod/orders");
    holds("w1", foreign);
    await client.refresh("prod/orders");
    aws.answer = "reset";
    await notify(arn, "v2");
    expect(client.peek("prod/orders")?.versionId).toBe("w1");
    await notify(foreign, "w2");
    expect(client.peek("prod/orders")).toBeUndefined();
  }),
);

const odd: readonly (readonly [string, unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a text", "prod/orders"],
  ["a list", [arn, "v2"]],
  ["an ARN that is a number", { secretArn: 5, versionId: "v2" }],
  ["an ARN of a megabyte", { secretArn: `${arn}${"x".repeat(1_000_000)}`, versionId: "v2" }],
  ["an empty ARN", { secretArn: "", versionId: "v2" }],
  ["no version", { secretArn: arn }],
  ["a version that is an object", { secretArn: arn, versionId: {} }],
  ["a version of a megabyte", { secretArn: arn, versionId: "v".repeat(1_000_000) }],
];
test.each(odd)("a notice that is %s is reported, and what is read goes on", async (_what, notice) =>
  fieldCase(kind, async () => {
    const codes: string[] = [];
    client.on("error", ({ error }) => codes.push(error.code));
    await read("prod/orders");
    aws.answer = "reset";
    await sink.notice(notice as SecretNotice);
    expect(codes).toHaveLength(1);
    expect(client.peek("prod/orders")?.versionId).toBe("v1");
    holds("v2");
    await notify(arn, "v2");
    expect(await read("prod/orders")).toBe("v2");
  })(),
);

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "yesterday", {}])(
  "a notice whose time is none (case %#) counts as one without a time",
  async (atMs) =>
    fieldCase(kind, async () => {
      await read("prod/orders");
      holds("v2");
      await sink.notice({ secretArn: arn, versionId: "v2", atMs: atMs as number });
      expect(await read("prod/orders")).toBe("v2");
    })(),
);
