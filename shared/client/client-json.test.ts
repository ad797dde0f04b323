import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { StandardSchema } from "./standard-schema.ts";
import { type ClientStage, clientStage } from "../../tests/support/client-stage.ts";
import { settled } from "../../tests/support/settled.ts";

let stage: ClientStage;
beforeEach(() => {
  stage = clientStage();
});
afterEach(async () => stage[Symbol.asyncDispose]());

const schemaOf = (validate: (value: unknown) => unknown): StandardSchema => ({
  "~standard": { version: 1, vendor: "test", validate: validate as StandardSchema["~standard"]["validate"] },
});

describe("JSON", () => {
  test("is parsed again for a new version, also while the one before is being parsed", async () => {
    const client = stage.start();
    let validated = 0;
    const waiting = Promise.withResolvers<{ readonly value: unknown }>();
    const schema = schemaOf(async (value) => (++validated === 1 ? waiting.promise : { value }));
    const first = client.json("b", schema);
    await stage.clock.advance(0);
    stage.secrets.put("b", { port: 2 });
    await client.refresh("b");
    expect(await client.json("b", schema)).toEqual({ port: 2 });
    waiting.resolve({ value: "of the first" });
    expect(await first).toBe("of the first");
    expect(await client.json("b", schema)).toEqual({ port: 2 });
    expect(validated).toBe(2);
  });

  test("is asked for again when its value is due", async () => {
    const client = stage.start();
    expect(await client.json("b")).toEqual({ port: 1 });
    stage.secrets.put("b", { port: 2 });
    stage.clock.freeze(20_000);
    expect(await client.json("b")).toEqual({ port: 2 });
  });

  test("that a validator refused is validated again", async () => {
    const client = stage.start();
    const validate = vi.fn<(value: unknown) => unknown>((value) => ({ value }));
    validate.mockImplementationOnce(() => ({ issues: [] }));
    const schema = schemaOf(validate);
    expect(await settled(client.json("b", schema))).toMatchObject({
      code: "secret-malformed",
      context: { secret: "b" },
    });
    expect(await client.json("b", schema)).toEqual({ port: 1 });
    expect(validate).toHaveBeenCalledTimes(2);
  });

  test("whose validator takes longer than a request may is malformed", async () => {
    const client = stage.start({ requestTimeoutMs: 3_000 });
    const reading = settled(
      client.json(
        "b",
        schemaOf(async () => new Promise(() => undefined)),
      ),
    );
    await stage.clock.advance(3_000);
    expect(await reading).toMatchObject({ code: "secret-malformed", context: { problem: "the schema failed" } });
  });

  test("is a use of the secret, by its id and by its handle", async () => {
    const client = stage.start({ maxSecrets: 2 });
    const handle = client.handle("b");
    await handle.json();
    await client.get("a");
    await client.json("b");
    await client.get("c");
    expect([client.peek("a"), client.peek("b") === undefined]).toEqual([undefined, false]);
    await client.get("c");
    await handle.json();
    await client.get("a");
    expect([client.peek("c"), client.peek("b") === undefined]).toEqual([undefined, false]);
  });
});
