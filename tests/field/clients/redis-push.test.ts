import { createServer } from "node:net";
import { createClient } from "@redis/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisSource, type RedisSubscriber } from "../../../shared/client/invalidation/redis-source.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { signature } from "../../../shared/webhook/signature.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { freePort } from "../../support/free-port.ts";
import { listening } from "../../support/listening.ts";
import { redisServer } from "../../support/redis.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import {
  arn,
  channel,
  soon,
  eventOf,
  service,
  server,
  clientTo,
  connectedTo,
  proxied,
  rotate,
  hears,
  subscribers,
} from "./redis-push-stage.ts";

printFieldCases();

const silent = "it stops silently";
const limits = { timeout: 90_000 };
const works = { code: undefined, failures: 0 };

describe.skipIf(redisServer === undefined)("push over Redis", limits, () => {
  test.each([2, 3] as const)(
    "a connection that stalls (RESP%i): it is reported, replaced, and what was missed is asked for",
    (RESP) =>
      fieldCase(silent, async () => {
        const redis = await server();
        const proxy = await proxied(redis);
        const connection = await connectedTo(redis, proxy.port, RESP);
        const others: string[] = [];
        await connection.subscribe("another channel of the service", (message) => void others.push(message));
        const here = await service(connection);
        await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
        proxy.stallOpen();
        await hears(redis, here);
        expect(here.errors).toMatchObject([
          { code: "invalidation-unavailable", context: { source: "redis rekey", reason: "time-budget-spent" } },
        ]);
        await expect.poll(here.subscription, soon).toMatchObject(works);
        await hears(redis, here);
        await redis.admin("PUBLISH", "another channel of the service", "hello");
        await expect.poll(() => others, soon).toEqual(["hello"]);
      })(),
  );

  test(
    "every path is dead for a while, logins too: health() shows it, and it is heard again",
    fieldCase(silent, async () => {
      const redis = await server();
      const proxy = await proxied(redis);
      const connection = await connectedTo(redis, proxy.port, 3);
      const here = await service(connection);
      await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
      proxy.stallOpen();
      proxy.stallNew();
      await expect.poll(() => here.subscription()?.failures ?? 0, soon).toBeGreaterThan(2);
      expect(here.subscription()).toMatchObject({ code: "invalidation-unavailable" });
      expect(here.errors.map(({ context }) => context["reason"])).toContain("time-budget-spent");
      const versionId = here.secrets.put(arn, "two");
      proxy.heal();
      await expect.poll(here.subscription, soon).toMatchObject(works);
      expect(await here.held()).toBe(versionId);
      await hears(redis, here);
      proxy.cut("stalled");
      await expect.poll(async () => subscribers(redis), soon).toBe(1);
    }),
  );

  test(
    "a connection that is cut: the client's own reconnection is a gap",
    fieldCase(silent, async () => {
      const redis = await server();
      const proxy = await proxied(redis);
      const connection = await connectedTo(redis, proxy.port, 3);
      const here = await service(connection);
      await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
      const versionId = here.secrets.put(arn, "two");
      proxy.cut();
      await expect.poll(here.held, soon).toBe(versionId);
      await expect.poll(here.subscription, soon).toMatchObject(works);
    }),
  );

  test(
    "a server that is down at the start is subscribed to once it is there",
    fieldCase(silent, async () => {
      const redis = await server();
      await redis.stopServer();
      const connection = clientTo(redis, redis.port, 3);
      connection.connect().catch(() => undefined);
      const here = await service(connection);
      await expect.poll(() => here.subscription()?.failures ?? 0, soon).toBeGreaterThan(0);
      const versionId = here.secrets.put(arn, "two");
      await redis.startServer();
      await expect.poll(here.subscription, soon).toMatchObject(works);
      expect(await here.held()).toBe(versionId);
      await hears(redis, here);
    }),
  );

  test(
    "a client that is connected only after it is handed over",
    fieldCase("one bad input ends or blocks the service", async () => {
      const redis = await server();
      const connection = clientTo(redis, redis.port, 3);
      const here = await service(connection);
      await expect.poll(() => here.subscription()?.reason, soon).toBe("ClientClosedError");
      await connection.connect();
      await expect.poll(here.subscription, soon).toMatchObject(works);
      await hears(redis, here);
    }),
  );

  test(
    "a user who may subscribe and nothing else is heard, and proves to be alive by being refused",
    fieldCase("one error for two causes", async () => {
      const redis = await server();
      const rights = ["on", ">only-subscribes", "resetchannels", `&${channel}`, "-@all", "+subscribe", "+unsubscribe"];
      await redis.admin("ACL", "SETUSER", "listener", ...rights);
      const connection = await connectedTo(redis, redis.port, 3, { username: "listener", password: "only-subscribes" });
      const here = await service(connection);
      const versionId = await expect
        .poll(async () => subscribers(redis), soon)
        .toBe(1)
        .then(async () => rotate(redis, here));
      await expect.poll(here.held, soon).toBe(versionId);
      const before = here.subscription()?.lastHeardAgeMs ?? 0;
      await expect.poll(() => here.subscription()?.lastHeardAgeMs ?? 0, soon).toBeLessThanOrEqual(before);
      expect(here.errors).toEqual([]);
    }),
  );

  test(
    "a user who may not hear the channel: the right that is missing is named, and it is tried again",
    fieldCase("one error for two causes", async () => {
      const redis = await server();
      await redis.admin("ACL", "SETUSER", "listener", "on", ">deaf-and-dumb", "resetchannels", "+@all");
      const connection = await connectedTo(redis, redis.port, 3, { username: "listener", password: "deaf-and-dumb" });
      const here = await service(connection);
      await expect.poll(() => here.subscription()?.reason, soon).toBe("NOPERM");
      expect(here.errors[0]?.hint).toContain("ACL SETUSER");
      await redis.admin("ACL", "SETUSER", "listener", `&${channel}`);
      await expect.poll(here.subscription, soon).toMatchObject(works);
      await hears(redis, here);
    }),
  );

  test(
    "keys that cannot be read are reported once and not for each message, and what came meanwhile is asked for after",
    fieldCase("one bad input ends or blocks the service", async () => {
      const redis = await server();
      const connection = await connectedTo(redis, redis.port, 3);
      const key = new SecretValue("canary-key-of-the-channel");
      let isDown = true;
      const keys = async (): Promise<readonly SecretValue[]> => {
        if (isDown) throw new RekeyError("access-denied");
        return [key];
      };
      const here = await service(connection, { keys });
      await expect.poll(async () => subscribers(redis), soon).toBe(1);
      const versionId = here.secrets.put(arn, "two");
      const signed = (Message: string): string =>
        JSON.stringify({ Message, RekeySignature: signature(Message, [key], Date.now()) });
      for (let count = 0; count < 300; count++) await redis.admin("PUBLISH", channel, signed(eventOf(versionId)));
      await expect.poll(() => here.subscription(), soon).toMatchObject({ reason: "access-denied" });
      isDown = false;
      const next = here.secrets.put(arn, "three");
      await redis.admin("PUBLISH", channel, signed(eventOf("00000000-not-the-version")));
      await expect.poll(here.held, soon).toBe(next);
      await expect.poll(here.subscription, soon).toMatchObject(works);
    }),
  );

  test(
    "close ends a subscription whose connection stalls, and a stopped one hears nothing more",
    fieldCase(silent, async () => {
      const redis = await server();
      const proxy = await proxied(redis);
      const connection = await connectedTo(redis, proxy.port, 3);
      const told: string[] = [];
      const subscription = redisSource({ redis: connection, channel, pingIntervalMs: 60_000 }).start({
        notice: ({ versionId }) => void told.push(versionId),
        gap: () => undefined,
        error: () => undefined,
      });
      await expect.poll(async () => subscribers(redis), soon).toBe(1);
      proxy.stallOpen();
      await subscription.stop();
      proxy.heal();
      proxy.cut();
      await redis.admin("PUBLISH", channel, eventOf("late"));
      expect(told).toEqual([]);
      for (const event of ["ready", "error", "connect"]) expect(connection.listenerCount(event)).toBeLessThan(2);
    }),
  );
});

test.each<[string, () => Promise<unknown>]>([
  [
    "throws",
    () => {
      throw new TypeError("canary");
    },
  ],
  ["rejects", async () => Promise.reject(new Error("canary"))],
  ["never settles", async () => new Promise(() => undefined)],
])("a connection of another package whose subscribe %s is reported and tried again", limits, (_how, subscribe) =>
  fieldCase("one bad input ends or blocks the service", async () => {
    let isBroken = true;
    let tries = 0;
    const redis: RedisSubscriber = {
      async subscribe() {
        tries++;
        if (isBroken) await subscribe();
      },
      unsubscribe: async () => undefined,
      on: () => undefined,
      off: () => undefined,
    };
    const here = await service(redis);
    await expect.poll(() => here.subscription()?.code, soon).toBe("invalidation-unavailable");
    await expect.poll(() => tries, soon).toBeGreaterThan(1);
    isBroken = false;
    await expect.poll(here.subscription, soon).toMatchObject(works);
    expect(JSON.stringify([here.errors, here.client.health()])).not.toContain("canary");
  })(),
);

test(
  "a server that takes connections and answers nothing, from the start: it is reported, and ends neither process nor client",
  limits,
  fieldCase(silent, async () => {
    await using mute = await listening(createServer());
    const connection = createClient({ socket: { host: "127.0.0.1", port: mute.port } });
    connection.on("error", () => undefined);
    connection.connect().catch(() => undefined);
    onTestFinished(() => connection.destroy());
    const here = await service(connection);
    await expect.poll(() => here.subscription()?.failures ?? 0, soon).toBeGreaterThan(1);
    expect(here.errors.map(({ context }) => context["reason"])).toContain("time-budget-spent");
  }),
);

test(
  "a port on which nothing listens is named by its cause",
  limits,
  fieldCase("one error for two causes", async () => {
    const connection = createClient({ socket: { host: "127.0.0.1", port: await freePort() } });
    connection.on("error", () => undefined);
    connection.connect().catch(() => undefined);
    onTestFinished(() => connection.destroy());
    const here = await service(connection);
    await expect.poll(() => here.errors.map(({ context }) => context["reason"]), soon).toContain("ECONNREFUSED");
  }),
);
