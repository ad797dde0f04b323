import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";
import { endless } from "../../support/rogue-http.ts";
import { answerOf, frame, type MongodbLie, type RogueMongodb, startRogueMongodb } from "../../support/rogue-mongodb.ts";

const opReply = 1;
const opCompressed = 2012;
const opMsg = 2013;
const misbehaved = endedWith("server-misbehaved");

const int32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32LE(value, index * 4));
  return bytes;
};

async function rogue(options: Parameters<typeof startRogueMongodb>[0]): Promise<RogueMongodb> {
  const server = await startRogueMongodb(options);
  onTestFinished(async () => server.stop());
  return server;
}
async function stepAgainst(lie: MongodbLie): Promise<StepEnd> {
  const { port } = await rogue({ lie });
  return hostileStep({ engine: "mongodb", port });
}
/** Lies from the first command behind the login. */
const afterLogin =
  (lie: MongodbLie): MongodbLie =>
  (request, honest, socket) =>
    request.index < 2 ? honest : lie(request, honest, socket);

test("60 bytes with a section of negative length put no step into an endless loop", async () => {
  const lie: MongodbLie = ({ requestId }) => {
    const body = Buffer.concat([int32(0), Buffer.from([0]), int32(-5), Buffer.alloc(35, 1)]);
    return frame(opMsg, requestId, body);
  };
  expect(await stepAgainst(afterLogin(lie))).toEqual(misbehaved);
});

test("a first answer that claims two billion documents takes no memory", async () => {
  const lie: MongodbLie = ({ requestId }) =>
    frame(opReply, requestId, Buffer.concat([int32(8, 0, 0, 0, 2_000_000_000), int32(5), Buffer.alloc(16)]));
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("a message of two gigabytes is not waited for", async () => {
  const lie: MongodbLie = ({ requestId }, _honest, socket) => {
    socket.write(frame(opMsg, requestId, Buffer.alloc(0), 2_000_000_000));
    endless(Buffer.alloc(65_536))(socket);
    return undefined;
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("messages of no length are not read again and again", async () => {
  expect(await stepAgainst(() => Buffer.alloc(64))).toEqual(misbehaved);
});

test("documents in documents, 40,000 deep, are refused before they are read", async () => {
  const lie: MongodbLie = ({ requestId }) => {
    const depth = 40_000;
    const document = Buffer.alloc(depth * 8 + 5);
    for (let level = 0; level < depth; level++) {
      document.writeInt32LE(document.length - level * 8, level * 7);
      document.write("\x03a\0", level * 7 + 4);
    }
    document.writeInt32LE(5, depth * 7);
    return frame(opMsg, requestId, Buffer.concat([int32(0), Buffer.from([0]), document]));
  };
  expect(await stepAgainst(afterLogin(lie))).toEqual(misbehaved);
});

test("a compressed answer, which nobody asked for, is not inflated", async () => {
  // Before the step, whose time it would take.
  const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
  const lie: MongodbLie = ({ requestId }) =>
    frame(opCompressed, requestId, Buffer.concat([int32(opMsg, 64 * 1024 * 1024), Buffer.from([2]), bomb]));
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("50 million SCRAM iterations are not computed", async () => {
  const { port } = await rogue({ iterations: 50_000_000 });
  expect(await hostileStep({ engine: "mongodb", port })).toEqual(misbehaved);
});

test("a server that answers another login's nonce is not proved to", async () => {
  const { port } = await rogue({ nonceOf: () => "cmVwbGF5ZWQ=server" });
  expect(await hostileStep({ engine: "mongodb", port })).toEqual(misbehaved);
});

test("a server that calls itself an arbiter, so that the driver logs in without a proof, gets no password", async () => {
  const arbiter: MongodbLie = ({ requestId, index }, honest) =>
    index === 0
      ? answerOf({ ismaster: true, arbiterOnly: true, maxWireVersion: 21, minWireVersion: 0, ok: 1 }, requestId, true)
      : honest;
  const server = await rogue({ lie: arbiter });
  expect(await hostileStep({ engine: "mongodb", port: server.port })).toEqual(endedWith("database-read-only"));
  expect(server.received()).not.toContain("canary");
});

test("an answer to another request is not taken for this one's", async () => {
  const lie: MongodbLie = ({ requestId }) => answerOf({ users: [{ user: "app" }], ok: 1 }, requestId - 1);
  expect(await stepAgainst(afterLogin(lie))).toEqual(misbehaved);
});

test("an answer that is sent ahead does not confirm a change that was never made", async () => {
  const lie: MongodbLie = ({ command, requestId }, honest) => {
    if ("usersInfo" in command) return Buffer.concat([honest, answerOf({ ok: 1 }, requestId + 1)]);
    return "updateUser" in command ? undefined : honest;
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test.each([
  ["users", 7],
  ["users", [{ user: "app", mechanisms: { length: 1 } }]],
  ["users", [null]],
])("an answer whose %s are %j ends in a typed error", async (name, value) => {
  const lie: MongodbLie = ({ command, requestId }, honest) =>
    "usersInfo" in command ? answerOf({ [name]: value, ok: 1 }, requestId) : honest;
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("an inspection that is answered with null and numbers in place of lists ends in facts", async () => {
  const authInfo = { authenticatedUsers: null, authenticatedUserPrivileges: [{ resource: null, actions: 1 }] };
  const lie: MongodbLie = ({ command, requestId }, honest) =>
    "connectionStatus" in command ? answerOf({ authInfo, ok: 1 }, requestId) : honest;
  expect((await stepAgainst(lie)).outcome).toBe("done");
});

test("with ssl: require the new password is not sent to a server whose certificate nobody verified", async () => {
  const server = await rogue({ tls: { key, certificate } });
  const step = await hostileStep({ engine: "mongodb", port: server.port, tls: { mode: "require" } });
  expect(step).toEqual(endedWith("tls-refused"));
  expect(server.received()).not.toContain("canary-next");
});

test("with verify-ca and no CA of one's own, a certificate that anybody could buy gets no password", async () => {
  const server = await rogue({ tls: { key, certificate } });
  const step = { engine: "mongodb", host: "localhost", port: server.port, tls: { mode: "verify-ca" } } as const;
  // Here the loopback certificate's authority stands for the public ones.
  const folder = mkdtempSync(path.join(tmpdir(), "rekey-public-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, "ca.pem"), certificate);
  const publicly = { NODE_EXTRA_CA_CERTS: path.join(folder, "ca.pem") };
  expect(await hostileStep(step, publicly)).toEqual(endedWith("tls-refused"));
  expect(server.received()).not.toContain("canary-next");
});
