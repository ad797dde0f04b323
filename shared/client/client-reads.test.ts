import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import type { SecretClient, VersionChoice } from "./secret-client.ts";
import type { SourceAnswer } from "./sources/secret-source.ts";
import { type ClientStage, clientStage } from "../../tests/support/client-stage.ts";
import { settled } from "../../tests/support/settled.ts";

let stage: ClientStage;
beforeEach(() => {
  stage = clientStage();
});
afterEach(async () => stage[Symbol.asyncDispose]());

describe("which version is read", () => {
  test.each([null, {}, { stage: "" }, { stage: 7 }, { versionId: "" }, { versionId: 7 }])(
    "a choice of nothing is refused: %o",
    async (choice) => {
      const refusal = {
        code: "option-invalid",
        context: { option: "choice", problem: "neither a stage nor a versionId" },
      };
      const client = stage.start();
      expect(await settled(client.get("a", choice as VersionChoice))).toMatchObject(refusal);
      expect(() => client.peek("a", choice as VersionChoice)).toThrow(expect.objectContaining(refusal));
    },
  );

  test("AWSCURRENT is the same secret whether it is named or not", async () => {
    const client = stage.start();
    const version = await client.get("a", { stage: "AWSCURRENT" });
    expect([await client.get("a"), client.peek("a", { stage: "AWSCURRENT" })]).toEqual([version, version]);
    expect([stage.secrets.requests, client.health().secrets]).toEqual([1, 1]);
  });

  test("AWSPENDING is read as it is now, and never kept", async () => {
    const client = stage.start();
    expect(await client.pending("a")).toBeUndefined();
    const first = stage.secrets.putPending("a", "two");
    expect((await client.pending("a"))?.versionId).toBe(first);
    const second = stage.secrets.putPending("a", "three");
    expect((await client.pending("a"))?.versionId).toBe(second);
    expect([stage.secrets.requests, client.health().secrets]).toEqual([3, 0]);
    expect(await settled(client.pending(""))).toMatchObject({
      code: "option-invalid",
      context: { option: "secretId" },
    });
    expect(await settled(client.pending("missing"))).toMatchObject({ code: "secret-not-found" });
  });

  test("what is no answer is none for AWSPENDING either", async () => {
    const client = stage.start({ source: { read: async () => ({ versionId: "" }) as SourceAnswer } });
    expect(await settled(client.pending("a"))).toMatchObject({ code: "source-malformed", context: { secret: "a" } });
  });

  test("an id that is none rejects, and leaves nothing behind", async () => {
    const client = stage.start();
    for (const read of [client.get(""), client.json(""), client.refresh(""), client.prefetch(["a", ""])])
      expect(await settled(read)).toMatchObject({ code: "option-invalid", context: { option: "secretId" } });
    expect(() => client.handle("")).toThrow("option=secretId");
    expect(client.peek("")).toBeUndefined();
    expect(stage.secrets.requests).toBe(0);
  });
});

describe("how long a value is quiet", () => {
  test.each([
    [true, 0, 7_000],
    [true, 0.25, 7_500],
    [false, 0, 8_000],
    [false, 0.25, 8_500],
  ])("with background work: %s, by the random number %d: %i ms of its TTL", async (background, random, freshMs) => {
    const client = stage.start({ background, random: () => random });
    await client.get("a");
    stage.clock.freeze(freshMs - 1);
    await client.get("a");
    await stage.clock.advance(0);
    expect(stage.secrets.requests).toBe(1);
    stage.clock.freeze(1);
    await client.get("a");
    await stage.clock.advance(0);
    expect(stage.secrets.requests).toBe(2);
  });

  test("is the same for a peek and for JSON", async () => {
    const client = stage.start();
    await client.json("b");
    stage.clock.freeze(7_000);
    client.peek("b");
    await stage.clock.advance(0);
    expect(stage.secrets.requests).toBe(2);
    stage.clock.freeze(7_000);
    await client.json("b");
    await stage.clock.advance(0);
    expect(stage.secrets.requests).toBe(3);
  });

  test("a prefetch leaves it alone until then, and asks for each secret once", async () => {
    const client = stage.start();
    await client.prefetch(["a", "a", "b"]);
    expect([stage.secrets.requests, client.health().secrets]).toEqual([1, 2]);
    stage.clock.freeze(6_999);
    await client.prefetch(["a"]);
    expect(stage.secrets.requests).toBe(1);
    stage.clock.freeze(1);
    await client.prefetch(["a"]);
    expect(stage.secrets.requests).toBe(2);
  });
});

describe("a secret's use", () => {
  test.each(["get", "peek"] as const)("is each %s, by its id and by its handle", async (way) => {
    const client = stage.start({ maxSecrets: 2 });
    const handle = client.handle("a");
    await handle.get();
    await client.get("b");
    await client[way]("a");
    await client.get("c");
    expect([client.peek("b"), client.peek("a") === undefined]).toEqual([undefined, false]);
    await client.get("c");
    await handle[way]();
    await client.get("b");
    expect([client.peek("c"), client.peek("a") === undefined]).toEqual([undefined, false]);
  });

  test("by a handle is of the stage that it was made for", async () => {
    const client = stage.start();
    const handle = client.handle("a", { stage: "AWSPREVIOUS" });
    stage.secrets.put("a", "two");
    expect((await handle.get()).value.reveal()).toBe("one");
    expect(handle.peek()?.value.reveal()).toBe("one");
    expect((await client.refresh("a", { stage: "AWSPREVIOUS" })).value.reveal()).toBe("one");
  });
});

test("health counts what is held, what it costs, and how old the oldest value is", async () => {
  const client = stage.start();
  expect(client.health()).toEqual({
    secrets: 0,
    bytes: 0,
    subscriptions: [],
    requestsLeft: 1_000,
    oldestAgeMs: 0,
    failing: [],
  });
  await client.get("a");
  stage.clock.freeze(50);
  await client.get("c");
  await settled(client.get("missing"));
  stage.clock.freeze(10);
  const bytes = 3 * 300 + 2 * "acmissing".length + "onethree".length;
  expect(client.health()).toMatchObject({ secrets: 3, bytes, requestsLeft: 997, oldestAgeMs: 60 });
  expect(client.health().failing).toEqual([
    { secretId: "missing", code: "secret-not-found", failures: 1, ageMs: undefined },
  ]);
});

test("what follows a secret reports its failures to the client's listeners, until the client is closed", async () => {
  const client = stage.start();
  const heard = vi.fn<(event: object) => void>();
  client.on("error", heard);
  const error = new RekeyError("secret-malformed");
  client.report({ secretId: "a", error });
  await client.close();
  client.report({ error });
  expect(heard.mock.calls).toEqual([[{ secretId: "a", error }]]);
});

describe("a client that is closed", () => {
  test("gives up what is under way, ends its subscriptions, and keeps nothing that is asked for later", async () => {
    const signals: AbortSignal[] = [];
    const client = stage.start({
      source: {
        read: async (_id, _at, { signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
    });
    const stop = vi.fn<() => Promise<void>>(async () => undefined);
    client.subscribe({ start: () => ({ stop }) });
    const waiting = settled(client.get("a"));
    await stage.clock.advance(0);
    await client.close();
    expect(await waiting).toMatchObject({ code: "pool-closed" });
    expect([signals.map(({ aborted }) => aborted), stop.mock.calls.length]).toEqual([[true], 1]);
    await settled(client.get("b"));
    expect(client.health()).toMatchObject({ secrets: 0, subscriptions: [] });
  });

  test.each([
    ["at the end of its block", async (client: SecretClient) => client[Symbol.asyncDispose]()],
    ["at the end of a synchronous block", async (client: SecretClient) => client[Symbol.dispose]()],
  ])("%s serves nothing any more", async (_, dispose) => {
    const client = stage.start();
    await client.get("a");
    await dispose(client);
    expect(client.peek("a")).toBeUndefined();
  });
});

test("a request is taken over once it is ten times as old as one may become", async () => {
  const answers: ((answer: SourceAnswer) => void)[] = [];
  const client = stage.start({
    requestTimeoutMs: 3_000,
    source: { read: async () => new Promise((resolve) => answers.push(resolve)) },
  });
  const reads = [client.get("a")];
  await stage.clock.advance(0);
  stage.clock.freeze(29_999);
  reads.push(client.get("a"));
  expect(answers).toHaveLength(1);
  stage.clock.freeze(1);
  reads.push(client.get("a"));
  await stage.clock.advance(0);
  expect(answers).toHaveLength(2);
  for (const answered of answers) answered({ versionId: "v1", value: new SecretValue("one") });
  expect(new Set((await Promise.all(reads)).map(({ versionId }) => versionId))).toEqual(new Set(["v1"]));
});
