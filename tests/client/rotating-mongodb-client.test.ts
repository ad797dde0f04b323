import { inspect } from "node:util";
import { MongoClient, type MongoClientOptions } from "mongodb";
import mongoose from "mongoose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { createRotatingClient } from "../../shared/client/pools/mongodb/rotating-client.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import type { EngineServer, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";
import { ferretDb } from "../support/ferretdb.ts";
import { ferretDbFixture } from "../support/ferretdb-fixture.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const twoUsers: Variant = { strategy: "alternating-users", usesAdmin: true, tags: { "rekey:alternate-user": "app_b" } };
const strategies = [singleUser, twoUsers];
const named = ({ strategy }: Variant): string => strategy;

describe.skipIf(ferretDb === undefined)("the rotating client of mongodb", () => {
  let server: EngineServer;
  let stage: Stage;
  beforeAll(async () => {
    const fixture = ferretDbFixture(ferretDb ?? "");
    server = await fixture.start();
    stage = await startStage(fixture, server);
  });
  afterAll(async () => {
    await stage.stop();
    await server.stop();
  });

  async function rotating(
    variant: Variant,
    settings: MongoClientOptions = {},
    Driver: typeof MongoClient = MongoClient,
    options: object = {},
  ) {
    const secret = await stage.newSecret(variant);
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const acknowledged: string[] = [];
    const drained: string[] = [];
    const connection = await createRotatingClient({
      client,
      secretId: secret.id,
      createClient: (url, login) => new Driver(url, { ...login, ...settings }),
      acknowledge: async ({ versionId }) => void acknowledged.push(versionId),
      ...options,
    });
    connection.onDrained((versionId) => void drained.push(versionId));
    const announce = async (versionId: string): Promise<void> => {
      client.invalidate(secret.id, { atLeast: versionId });
      await client.get(secret.id);
      await expect.poll(() => connection.versionId).toBe(versionId);
    };
    const end = async (): Promise<void> => {
      await connection.end();
      await client.close();
    };
    return { ...secret, client, connection, acknowledged, drained, announce, end };
  }

  const userOf = async (mongo: MongoClient): Promise<unknown> => {
    const { authInfo } = await mongo.db("shop").command({ connectionStatus: 1 });
    return authInfo.authenticatedUsers[0]?.user;
  };

  test.each(strategies.map((variant) => [named(variant), variant] as const))(
    "%s: handles outlive a rotation, and a cursor ends on the client that it began on",
    async (_, variant) => {
      const { id, connection, acknowledged, drained, announce, end } = await rotating(variant);
      const { mongo } = connection;
      const before = connection.versionId;
      const user = await userOf(mongo);
      const orders = mongo.db("shop").collection<{ n: number }>(`orders-${id}`.replaceAll(/\W/g, "_"));
      await orders.insertMany(Array.from({ length: 30 }, (_, n) => ({ n })));
      const cursor = orders.find({}, { batchSize: 5 }).sort({ n: 1 });
      expect((await cursor.next())?.n).toBe(0);
      const session = mongo.startSession();
      const versionId = await stage.rotate(id);
      await announce(versionId);
      expect((await userOf(mongo)) === user).toBe(variant === singleUser);
      await orders.insertOne({ n: 30 });
      expect(await orders.countDocuments({}, { session })).toBe(31);
      expect((await cursor.toArray()).map(({ n }) => n)).toEqual(expect.arrayContaining([1, 29]));
      expect(drained).toEqual([]);
      await session.endSession();
      await expect.poll(() => drained).toEqual([before]);
      expect(acknowledged).toEqual([before, versionId]);
      expect(connection.refusedLogins).toBe(0);
      await end();
      await expect(orders.findOne({})).rejects.toMatchObject({ code: "pool-closed" });
    },
  );

  test("a refused login of a new connection is made again before anything is sent, after two rotations that no event told of", async () => {
    const { id, connection, end } = await rotating(singleUser, { maxPoolSize: 8, monitorCommands: true });
    const sent: string[] = [];
    connection.mongo.on("commandStarted", ({ commandName }) => void sent.push(commandName));
    const orders = connection.mongo.db("shop").collection("sent_once");
    await stage.rotate(id);
    const versionId = await stage.rotate(id);
    const before = await server.failedLogins();
    await Promise.all(Array.from({ length: 40 }, async (_, n) => orders.insertOne({ n })));
    expect(await orders.countDocuments()).toBe(40);
    expect(sent.filter((name) => name === "insert")).toHaveLength(40);
    await expect.poll(() => connection.versionId).toBe(versionId);
    expect(connection.refusedLogins).toBeGreaterThan(0);
    expect((await server.failedLogins()) - before).toBe(connection.refusedLogins);
    await end();
  });

  test("the password of AWSPENDING is taken between setSecret and finishSecret", async () => {
    const { id, client, account, connection, end } = await rotating(singleUser, { maxPoolSize: 4 });
    const current = JSON.parse((await stage.read(id, "AWSCURRENT")) ?? "") as object;
    await server.changePassword({ username: account.username, password: "of-pending-3f6a" });
    await stage.put(id, JSON.stringify({ ...current, password: "of-pending-3f6a" }), "AWSPENDING");
    const orders = connection.mongo.db("shop").collection("pending");
    await Promise.all(Array.from({ length: 8 }, async () => orders.insertOne({})));
    expect(await orders.countDocuments()).toBe(8);
    expect(connection.versionId).toBe((await client.pending(id))?.versionId);
    await end();
  });

  test("a credential that no version holds is a typed error, and nothing printed holds a password", async () => {
    const { id, account, connection, end } = await rotating(singleUser, { maxPoolSize: 2 });
    expect(inspect(connection.mongo, { depth: 8, showHidden: true })).not.toContain(account.password);
    await server.changePassword({ username: account.username, password: "changed-3f6a" });
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const before = await server.failedLogins();
    const failing = createRotatingClient({
      client,
      secretId: id,
      createClient: (url, login) => new MongoClient(url, { ...login }),
    });
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "credential-refused", context: { secret: id, serverCode: 18 } });
    expect(inspect(error, { depth: 8, showHidden: true })).not.toContain(account.password);
    expect((await server.failedLogins()) - before).toBe(1);
    await client.close();
    await server.changePassword(account);
    await end();
  });

  test.each<[string, string, object, (url: string, login: object) => unknown]>([
    [
      "a user in the URL",
      "server.url",
      { url: "mongodb://canary-u:canary-p@h/" },
      (url, login) => new MongoClient(url, login),
    ],
    [
      "a mechanism in the URL",
      "server.url",
      { url: "mongodb://h/?authMechanism=MONGODB-AWS" },
      (url) => new MongoClient(url),
    ],
    ["a driver's option", "server.maxPoolSize", { maxPoolSize: 1 }, (url, login) => new MongoClient(url, login)],
    [
      "an auth of its own",
      "createClient",
      {},
      (url, login) => new MongoClient(url, { ...login, auth: { username: "canary-u", password: "canary-p" } }),
    ],
    ["no login at all", "createClient", {}, (url) => new MongoClient(url)],
    ["a promise", "createClient", {}, async (url, login) => new MongoClient(url, login)],
  ])("%s is option-invalid, without its text", async (_, option, place, createClient) => {
    const { id } = await stage.newSecret(singleUser);
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const error: unknown = await createRotatingClient({
      client,
      secretId: id,
      server: place,
      createClient: createClient as (url: string) => MongoClient,
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "option-invalid", context: { option } });
    expect(inspect(error, { depth: 8, showHidden: true })).not.toContain("canary");
    await client.close();
  });

  test("a server without TLS is tls-refused, and another client than the driver's is driver-unsupported", async () => {
    const { id } = await stage.newSecret(singleUser, { fields: { ssl: true } });
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const options = { client, secretId: id };
    await expect(
      createRotatingClient({
        ...options,
        createClient: (url, login) => new MongoClient(url, { ...login, serverSelectionTimeoutMS: 300 }),
      }),
    ).rejects.toMatchObject({ code: "tls-refused", context: { reason: "server without TLS" } });
    await expect(createRotatingClient({ ...options, createClient: () => ({}) as MongoClient })).rejects.toMatchObject({
      code: "driver-unsupported",
    });
    await client.close();
  });

  test("mongoose.connection stays the same object, models go on, and nothing is buffered", async () => {
    const { id, connection, announce, end } = await rotating(
      twoUsers,
      {},
      mongoose.mongo.MongoClient as unknown as typeof MongoClient,
    );
    const owner = mongoose.createConnection().setClient(connection.mongo as never);
    const buffered: unknown[] = [];
    owner.on("buffer", (about) => void buffered.push(about));
    const Note = owner.model("Note", new mongoose.Schema({ text: String }));
    await Note.create({ text: "before" });
    const cursor = Note.find().cursor({ batchSize: 1 });
    for (let rotation = 0; rotation < 3; rotation++) {
      const versionId = await stage.rotate(id);
      await Note.create({ text: `in the midst of ${rotation}` });
      await announce(versionId);
      expect(owner.readyState).toBe(mongoose.ConnectionStates.connected);
      await Note.updateMany({}, { $set: { seen: rotation } });
    }
    expect((await cursor.next())?.text).toBe("before");
    await cursor.close();
    expect(await Note.countDocuments()).toBe(4);
    expect(buffered).toEqual([]);
    await owner.close();
    await end();
  });
});
