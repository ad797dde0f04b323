/** What each service does: its pool is loaded by more callers than it has connections, over three rotations. */
export const load = `
const { default: input } = { default: JSON.parse(process.argv[2]) };
const warnings = [];
process.on("warning", ({ name, message }) => warnings.push(name + ": " + message));
console.warn = (...words) => warnings.push(words.join(" "));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const failed = [];
let queries = 0;
async function underLoad(query, rotate) {
  let isRunning = true;
  const workers = Array.from({ length: 9 }, async () => {
    while (isRunning) {
      await query().catch((error) => failed.push(error.code + " " + error.message));
      queries++;
      await wait(2);
    }
  });
  for (let rotation = 1; rotation <= 3; rotation++) {
    await wait(150);
    await rotate(rotation);
  }
  await wait(300);
  isRunning = false;
  await Promise.all(workers);
}
const print = (report) => console.log(JSON.stringify({ failed, queries, rotations: 3, warnings, open: 0, left: 0, ...report }));
async function refusal(work) {
  try {
    return { made: await work() };
  } catch (error) {
    if (error.name !== "RekeyError") throw error;
    print({ refused: error.code, context: error.context });
    process.exit(0);
  }
}
`;

export const mysqlService = `
import mysql from "mysql2";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingPool } from "rekey/client/mysql2";
${load}
const { host, port, root } = input;
const admin = mysql.createConnection({ host, port, user: root.username, password: root.password }).promise();
const user = "peer_" + process.pid;
await admin.query("CREATE USER " + user + " IDENTIFIED BY 'first' WITH MAX_USER_CONNECTIONS 3");
const secretOf = (password) => ({ engine: "mariadb", host, port, username: user, password, ssl: false });
const client = fakeSecretClient({ orders: secretOf("first") });
const { made: pool } = await refusal(() => createRotatingPool({ client, secretId: "orders", pool: { connectionLimit: 3, rowsAsArray: true } }));
const drained = [];
pool.onDrained((versionId) => drained.push(versionId));
const held = [];
await underLoad(
  async () => {
    const [rows] = await pool.promise().query("SELECT 1");
    if (JSON.stringify(rows) !== "[[1]]") throw new Error("rowsAsArray");
  },
  async (rotation) => {
    // A connection of the replaced credential is in use over the rotation, and released behind it.
    const connection = await pool.promise().getConnection();
    await connection.beginTransaction();
    const password = "next" + rotation;
    await admin.query("ALTER USER " + user + " IDENTIFIED BY '" + password + "'");
    await client.rotate("orders", secretOf(password));
    await connection.query("SELECT 1");
    await connection.commit();
    connection.release();
  },
);
const count = async () => (await admin.query("SELECT COUNT(*) AS open FROM information_schema.processlist WHERE user = '" + user + "'"))[0][0].open;
const open = await count();
await pool.promise().end();
for (let tries = 0; (await count()) > 0 && tries < 50; tries++) await wait(20);
const left = await count();
if (drained.length < 3) failed.push("only " + drained.length + " credentials drained");
await admin.end();
await client.close();
print({ open, left });
`;

export const pgService = `
import pg from "pg";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingPool } from "rekey/client/pg";
${load}
const { host, port, root } = input;
const admin = new pg.Client({ host, port, user: root.username, password: root.password, database: "postgres" });
await admin.connect();
const user = "peer_" + process.pid;
await admin.query("CREATE ROLE " + user + " LOGIN PASSWORD 'first' CONNECTION LIMIT 3");
const secretOf = (password) => ({ engine: "postgres", host, port, dbname: "postgres", username: user, password, ssl: false });
const client = fakeSecretClient({ orders: secretOf("first") });
const { made: pool } = await refusal(() => createRotatingPool({ client, secretId: "orders", pool: { max: 3 } }));
const drained = [];
pool.onDrained((versionId) => drained.push(versionId));
await underLoad(
  async () => void (await pool.query("SELECT 1")),
  async (rotation) => {
    const connection = await pool.connect();
    const password = "next" + rotation;
    await admin.query("ALTER ROLE " + user + " PASSWORD '" + password + "'");
    await client.rotate("orders", secretOf(password));
    await connection.query("SELECT 1");
    connection.release();
  },
);
const count = async () => Number((await admin.query("SELECT COUNT(*) AS open FROM pg_stat_activity WHERE usename = '" + user + "'")).rows[0].open);
const open = await count();
await pool.end();
for (let tries = 0; (await count()) > 0 && tries < 50; tries++) await wait(20);
const left = await count();
if (drained.length < 3) failed.push("only " + drained.length + " credentials drained");
await admin.end();
await client.close();
print({ open, left });
`;

export const redisService = (driver: string): string => `
import { createClient } from "${driver}";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingConnection } from "rekey/client/redis";
${load}
const { host, port, root } = input;
const admin = createClient({ socket: { host, port }, ...root });
await admin.connect();
const user = "peer_" + process.pid;
const add = (password) => admin.sendCommand(["ACL", "SETUSER", user, "on", ">" + password, "~*", "+@all"]);
await add("first");
const secretOf = (password) => ({ engine: "redis", host, port, username: user, password, ssl: false });
const client = fakeSecretClient({ cache: secretOf("first") });
const { made: connection } = await refusal(() =>
  createRotatingConnection({ client, secretId: "cache", createClient: (login) => createClient({ ...login, name: "orders" }), heartbeatMs: 100 }),
);
const { redis } = connection;
redis.on("error", () => undefined);
await underLoad(
  async () => void (await redis.sendCommand(["PING"])),
  async (rotation) => {
    await add("next" + rotation);
    const versionId = await client.rotate("cache", secretOf("next" + rotation));
    for (let tries = 0; connection.versionId !== versionId && tries < 50; tries++) await wait(20);
    if (connection.versionId !== versionId) failed.push("not taken");
    if (rotation < 3) return;
    // Once more by a new connection, with what waits in the client's queue.
    const back = new Promise((resolve) => redis.once("ready", resolve));
    const lost = failed.length;
    await admin.sendCommand(["CLIENT", "KILL", "USER", user]);
    await back;
    failed.splice(lost);
  },
);
const count = async () => String(await admin.sendCommand(["CLIENT", "LIST"])).split("\\n").filter((line) => line.includes("user=" + user + " ")).length;
const who = await redis.sendCommand(["ACL", "WHOAMI"]);
if (who !== user) failed.push("logged in as " + who);
const open = await count();
await connection.end();
for (let tries = 0; (await count()) > 0 && tries < 50; tries++) await wait(20);
const left = await count();
admin.destroy?.();
await client.close();
print({ open, left });
`;

export const ioredisService = `
import ioredis from "ioredis";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingRedis } from "rekey/client/ioredis";
${load}
const Redis = ioredis.Redis ?? ioredis;
const { host, port, root } = input;
const admin = new Redis({ host, port, ...root });
const user = "peer_" + process.pid;
const add = (password) => admin.call("ACL", "SETUSER", user, "on", "resetpass", ">" + password, "~*", "+@all");
await add("first");
const secretOf = (password) => ({ engine: "redis", host, port, username: user, password, ssl: false });
const client = fakeSecretClient({ cache: secretOf("first") });
const { made: connection } = await refusal(() =>
  createRotatingRedis({ client, secretId: "cache", createClient: (login) => new Redis({ ...login, connectionName: "orders" }) }),
);
const { redis } = connection;
const copy = redis.duplicate();
copy.on("error", () => undefined);
await underLoad(
  async () => void (await Promise.all([redis.call("PING"), copy.call("PING")])),
  async (rotation) => {
    await add("next" + rotation);
    const versionId = await client.rotate("cache", secretOf("next" + rotation));
    for (let tries = 0; connection.versionId !== versionId && tries < 50; tries++) await wait(20);
    if (connection.versionId !== versionId) failed.push("not taken");
    if (rotation < 3) return;
    // Once more by new connections, with what waits in the driver's queue.
    const back = Promise.all([redis, copy].map((one) => new Promise((resolve) => one.once("ready", resolve))));
    const lost = failed.length;
    await admin.call("CLIENT", "KILL", "USER", user);
    await back;
    failed.splice(lost);
  },
);
const count = async () => String(await admin.call("CLIENT", "LIST")).split("\\n").filter((line) => line.includes("user=" + user + " ")).length;
const who = await copy.call("ACL", "WHOAMI");
if (who !== user) failed.push("logged in as " + who);
const open = await count();
copy.disconnect();
await connection.end();
for (let tries = 0; (await count()) > 0 && tries < 50; tries++) await wait(20);
const left = await count();
admin.disconnect();
await client.close();
print({ open, left });
`;

export const mongodbService = `
import { MongoClient } from "mongodb";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingClient } from "rekey/client/mongodb";
${load}
const { host, port, root } = input;
const admin = new MongoClient("mongodb://" + host + ":" + port + "/", { auth: root, authSource: "admin" });
const user = "peer_" + process.pid;
await admin.db("admin").command({ createUser: user, pwd: "first", roles: [] });
const secretOf = (password) => ({ engine: "mongodb", host, port, dbname: "admin", username: user, password, ssl: false });
const client = fakeSecretClient({ orders: secretOf("first") });
const { made: connection } = await refusal(() =>
  createRotatingClient({
    client,
    secretId: "orders",
    createClient: (url, login) => new MongoClient(url, { ...login, maxPoolSize: 4, maxIdleTimeMS: 20 }),
  }),
);
const drained = [];
connection.onDrained((versionId) => drained.push(versionId));
const orders = connection.mongo.db("shop").collection("peers");
await orders.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
let gate = Promise.resolve();
await underLoad(
  async () => {
    await gate;
    await orders.findOne({ n: 1 });
  },
  async (rotation) => {
    // It stays on the client that it began on.
    const session = connection.mongo.startSession();
    let open;
    gate = new Promise((resolve) => (open = resolve));
    // So long that each connection has been idle for too long, and the next operation needs a new one.
    await wait(100);
    await admin.db("admin").command({ updateUser: user, pwd: "next" + rotation });
    // New connections are refused and log in again, before anyone tells of the rotation.
    client.secrets.put("orders", secretOf("next" + rotation));
    open();
    await wait(100);
    await client.refresh("orders");
    await orders.findOne({ n: 2 }, { session });
    await session.endSession();
  },
);
for (let tries = 0; drained.length < 3 && tries < 100; tries++) await wait(20);
if (drained.length < 3) failed.push("only " + drained.length + " clients drained");
if (connection.refusedLogins === 0) failed.push("no login was refused");
await connection.end();
await admin.close();
await client.close();
print({});
`;
