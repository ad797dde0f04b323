import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { oracleEngine } from "../../../shared/engines/oracle/oracle-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { loopbackTarget } from "../../support/loopback-target.ts";
import { changed, type Change, eachChange, endOf } from "../../support/mutated-conversation.ts";
import { Database } from "../../support/oracle/database.ts";
import { type OracleLie, startOracle } from "../../support/oracle/server.ts";
import {
  acceptance,
  bytes,
  data,
  ending,
  number,
  packet,
  packetTypes,
  parameters,
  refusal,
  rows,
  status,
} from "../../support/oracle/ttc.ts";
import { endless } from "../../support/rogue-http.ts";

const misbehaved = endedWith("server-misbehaved");
const current = "canary-current-3f6a";
const next = "canary-next-3f6a";

/** Of the packets of a step, in their order. */
const at = { accept: 0, protocol: 1, dataTypes: 2, challenge: 3, session: 4, role: 5, rights: 6, change: 9 } as const;
const packets = 10;

function database(): Database {
  const made = new Database();
  made.profiles.set("SERVICES", { rolloverDays: 7 });
  made.create("APP", current, "SERVICES");
  return made;
}

async function stepAgainst(lie?: OracleLie, env: Readonly<Record<string, string>> = {}): Promise<StepEnd> {
  const { port, stop } = await startOracle(database(), undefined, lie);
  onTestFinished(stop);
  return hostileStep({ engine: "oracle", port }, env);
}

const to =
  (wanted: number, lie: (honest: Buffer) => ReturnType<OracleLie>): OracleLie =>
  (honest, index) =>
    index === wanted ? lie(honest) : honest;

const challengeWith = (name: string, value: string, flag = 0x4815): Buffer =>
  data(
    parameters([
      { key: "AUTH_SESSKEY", value: randomBytes(32).toString("hex") },
      { key: "AUTH_VFR_DATA", value: randomBytes(16).toString("hex"), flag },
      { key: "AUTH_PBKDF2_CSK_SALT", value: randomBytes(16).toString("hex") },
      ...[
        { key: "AUTH_PBKDF2_VGEN_COUNT", value: "4096" },
        { key: "AUTH_PBKDF2_SDER_COUNT", value: "3" },
      ].map((pair) => (pair.key === name ? { ...pair, value } : pair)),
    ]),
    status(),
  );

test("a server that does not lie is rotated, and the driver prints no packets even where it is told to", async () => {
  expect(await stepAgainst(undefined, { NODE_ORACLEDB_DEBUG_PACKETS: "1" })).toEqual(endedWith("done"));
});

test.each([
  ["of no length, which the driver would read for ever", Buffer.alloc(8)],
  ["of another kind", packet(7, Buffer.alloc(8), false)],
  ["that accepts packets of 4 GB", acceptance({ unit: 0xffff_ffff })],
  ["that accepts packets of no size", acceptance({ unit: 8 })],
  ["that accepts and compresses", acceptance({ compression: 0x88 })],
  ["that is none", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
])("an answer to connect %s is refused", async (_what, answer) => {
  expect(await stepAgainst(to(at.accept, () => answer))).toEqual(misbehaved);
});

test("a listener that asks for the request again and again is left", async () => {
  const again = packet(packetTypes.resend, Buffer.alloc(0), false);
  expect(await stepAgainst(to(at.accept, () => endless(again)))).toEqual(misbehaved);
});

test("TLS is not begun on a connection that is to have none", async () => {
  const asksAgain = packet(packetTypes.resend, Buffer.alloc(0), false, 0x08);
  expect(await stepAgainst(to(at.accept, () => asksAgain))).toEqual(misbehaved);
});

test("an old server, a busy one and an unknown service are told apart", async () => {
  expect(await stepAgainst(to(at.accept, () => acceptance({ version: 310 })))).toEqual(endedWith("server-too-old"));
  expect(await stepAgainst(to(at.accept, () => refusal(12520)))).toEqual(endedWith("database-busy"));
  expect(await stepAgainst(to(at.accept, () => refusal(12514)))).toEqual(endedWith("database-unknown"));
});

test("a redirect is not followed: nobody else hears of the user", async () => {
  let isFollowed = false;
  const other = await startOracle(database(), undefined, (honest) => {
    isFollowed = true;
    return honest;
  });
  onTestFinished(other.stop);
  const address = `(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${other.port}))`;
  const redirect = packet(
    packetTypes.redirect,
    Buffer.from(`\0${String.fromCharCode(address.length)}${address}`),
    false,
  );
  expect(await stepAgainst(to(at.accept, () => redirect))).toEqual(endedWith("database-unreachable"));
  expect(isFollowed).toBe(false);
});

test.each(["AUTH_PBKDF2_VGEN_COUNT", "AUTH_PBKDF2_SDER_COUNT"])(
  "two thousand million rounds in %s are not computed",
  async (name) => {
    expect(await stepAgainst(to(at.challenge, () => challengeWith(name, "2000000000")))).toEqual(misbehaved);
  },
);

test("a verifier of before 11g is named, and one that nobody knows too", async () => {
  const old = to(at.challenge, () => challengeWith("", "", 0x939));
  expect(await stepAgainst(old)).toEqual(endedWith("account-unsupported"));
});

test("a server that does not prove that it knows the user gets no session: without a proof, with one that came too early, and with a wrong one", async () => {
  const wrong = { key: "AUTH_SVR_RESPONSE", value: randomBytes(48).toString("hex") };
  expect(await stepAgainst(to(at.session, () => data(status())))).toEqual(misbehaved);
  expect(await stepAgainst(to(at.session, () => data(parameters([wrong]), status())))).toEqual(misbehaved);
  const early = to(at.challenge, () => data(parameters([wrong]), status()));
  expect(await stepAgainst(early)).not.toMatchObject({ outcome: "done" });
  const skipped: OracleLie = (honest, index) => (index >= at.challenge ? data(parameters([wrong]), status()) : honest);
  expect(await stepAgainst(skipped)).not.toMatchObject({ outcome: "done" });
  const silent: OracleLie = (honest, index) => (index >= at.challenge ? data(status()) : honest);
  expect(await stepAgainst(silent)).toEqual(misbehaved);
});

test("an answer without an end, in few large or many small packets, is cut off", async () => {
  expect(await stepAgainst(to(at.role, () => endless(data(Buffer.alloc(60_000)))))).toEqual(misbehaved);
  expect(await stepAgainst(to(at.role, () => endless(data(Buffer.from([29])))))).toEqual(misbehaved);
  expect(await stepAgainst(to(at.role, () => endless(Buffer.alloc(65_536, 0xff))))).toEqual(misbehaved);
});

test.each([
  ["number", 2],
  ["tree", 119],
  ["vector", 127],
  ["object", 109],
  ["large object", 112],
])("a column that is a %s is not decoded", async (_what, type) => {
  const lie = to(at.role, () => data(rows([["PRIMARY"]], type), ending(1403)));
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("a message of an unknown kind, or compressed, does not make the driver ask again", async () => {
  expect(await stepAgainst(to(at.rights, () => data(Buffer.from([99, 1, 2, 3]))))).toEqual(misbehaved);
  const compressed = data(Buffer.from([9, 0, 0]));
  compressed.writeUInt16BE(0x400, 8);
  expect(await stepAgainst(to(at.rights, () => compressed))).toEqual(misbehaved);
});

test("an answer that came before its request does not confirm a change that was never made", async () => {
  const early = (honest: Buffer): Buffer => Buffer.concat([honest, data(parameters([]), status())]);
  expect(await stepAgainst(to(at.change - 1, early))).toEqual(misbehaved);
});

test("four thousand million elements of a message that are not there are not waited for", async () => {
  const piggyback = Buffer.concat([Buffer.from([23, 5]), number(0), Buffer.from([0]), number(0xffff_ffff), bytes("x")]);
  expect(await stepAgainst(to(at.rights, () => data(piggyback)))).toEqual(misbehaved);
});

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  const lie: OracleLie = (honest, index) => {
    if (made === undefined || index !== made.entry) return honest;
    return changed([honest], { ...made, entry: 0 })[0] ?? honest;
  };
  const server = database();
  await using rogue = await startOracle(server, undefined, lie);
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  const credential = (password: string) => ({ username: "app", password: new SecretValue(password) });
  const target = loopbackTarget({ engine: "oracle", port: rogue.port, dbname: server.service });
  return await endOf(oracleEngine().login(target, credential(current), call), async (session) => {
    await session.inspect(["app"], call);
    await session.keepBoth(credential(current), credential(next), call);
  });
}

test("a conversation, however one packet of the server's is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  const recorded = Array.from({ length: packets }, () => Buffer.alloc(1));
  await eachChange(recorded, async (made) => converse(made, 300));
});
