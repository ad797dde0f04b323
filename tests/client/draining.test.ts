import { setTimeout as wait } from "node:timers/promises";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { eventBridgeAcknowledgement } from "../../shared/client/acknowledgement/eventbridge.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { eventKinds } from "../events/schemas.ts";
import { embeddedStage } from "../support/embedded-stage.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const embedded = embeddedStage();

async function rotated(options: Partial<Parameters<typeof createRotatingPool>[0]> = {}) {
  const { id: secretId } = await embedded.stage.newSecret(singleUser);
  const client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
  const pool = createRotatingPool({ ...options, client, secretId });
  const rotate = async (): Promise<string> => {
    const versionId = await embedded.stage.rotate(secretId);
    client.invalidate(secretId, { atLeast: versionId });
    await client.get(secretId);
    return versionId;
  };
  return { client, pool, rotate, secretId };
}

test("a transaction that is open during two rotations and past the drain's time is not cut, and its connection is closed at its release", async () => {
  const { client, pool, rotate } = await rotated({ drainTimeoutMs: 10 });
  const drained: string[] = [];
  pool.onDrained((versionId) => drained.push(versionId));
  const connection = await pool.connect();
  const first = pool.versionId;
  await connection.query("BEGIN");
  await rotate();
  await rotate();
  await expect.poll(() => drained).toHaveLength(1);
  await wait(20);
  await connection.query("COMMIT");
  expect(drained).not.toContain(first);
  connection.release();
  await expect.poll(() => drained).toContain(first);
  await pool.end();
  await client.close();
});

test("where a user wants it, what is in use after the drain's time is closed at once", async () => {
  const { client, pool, rotate } = await rotated({ drainTimeoutMs: 10, afterDrainTimeout: "destroy" });
  const connection = await pool.connect();
  const ended = new Promise((resolve) => connection.once("end", resolve));
  await rotate();
  await ended;
  await expect(connection.query("SELECT 1")).rejects.toThrow("not queryable");
  connection.release();
  await expect(pool.query("SELECT 1")).resolves.toMatchObject({ rowCount: 1 });
  await pool.end();
  await client.close();
});

test("`end` waits for what is in use no longer than the drain's time", async () => {
  const { client, pool } = await rotated({ drainTimeoutMs: 10 });
  const connection = await pool.connect();
  await pool.end();
  await expect(connection.query("SELECT 1")).resolves.toMatchObject({ rowCount: 1 });
  connection.release();
  await expect(pool.connect()).rejects.toMatchObject({ code: "pool-closed" });
  await client.close();
});

test("Secret Adopted is published once for each version, when no connection of an older one is left, and again after a failure", async () => {
  const events: { detail: string; source: string; type: string }[] = [];
  let failures = 1;
  const eventBridge = {
    async send({ input }: { input: { Entries: { Detail: string; Source: string; DetailType: string }[] } }) {
      if (failures-- > 0) return { Entries: [{ ErrorCode: "InternalFailure" }] };
      for (const { Detail, Source, DetailType } of input.Entries)
        events.push({ detail: Detail, source: Source, type: DetailType });
      return { Entries: [{}] };
    },
  } as unknown as EventBridgeClient;
  const publish = eventBridgeAcknowledgement({ eventBridge, eventBusName: "rekey", subscriber: "orders-api" });
  const asked: string[] = [];
  const { client, pool, rotate, secretId } = await rotated({
    acknowledge: async (adopted) => {
      asked.push(adopted.versionId);
      await publish(adopted).catch(async () => publish(adopted));
    },
  });
  const connection = await pool.connect();
  const first = pool.versionId;
  await expect.poll(() => events).toHaveLength(1);
  const second = await rotate();
  await pool.query("SELECT 1");
  expect(asked).toEqual([first]);
  connection.release();
  await expect.poll(() => asked).toEqual([first, second]);
  await pool.query("SELECT 1");
  expect(asked).toEqual([first, second]);
  expect(events[0]).toMatchObject({ source: "rekey.subscriber.orders-api", type: "Secret Adopted" });
  expect(JSON.parse(events[1]?.detail ?? "")).toMatchObject({
    secretArn: secretId,
    versionId: second,
    subscriber: "orders-api",
  });
  const schema = eventKinds.find(({ name }) => name === "secret-adopted")?.schema ?? {};
  const accepts = new Ajv2020({ strict: false }).compile(schema);
  expect(events.map(({ detail }) => accepts(JSON.parse(detail)))).toEqual([true, true]);
  await pool.end();
  await client.close();
});

test("a name that the event's schema does not take is refused before anything is sent", async () => {
  const eventBridge = {} as EventBridgeClient;
  const options = { eventBridge, eventBusName: "rekey", subscriber: "orders api" };
  expect(() => eventBridgeAcknowledgement(options)).toThrow("option-invalid");
  const publish = eventBridgeAcknowledgement({ ...options, subscriber: "orders-api" });
  await expect(publish({ secretId: "orders", versionId: "v" })).rejects.toMatchObject({ code: "option-invalid" });
});
