import { expect, onTestFinished, test } from "vitest";
import { ldapEngine } from "../../../shared/engines/ldap/ldap-engine.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { loopbackTarget } from "../../support/loopback-target.ts";
import { changed, type Change, eachChange, endOf } from "../../support/mutated-conversation.ts";
import { endless } from "../../support/rogue-http.ts";
import {
  attribute,
  element,
  entry,
  honestAnswer,
  type LdapLie,
  type LdapRequest,
  message,
  octets,
  result,
  sequence,
  startRogueLdap,
} from "../../support/rogue-ldap.ts";

const misbehaved = endedWith("server-misbehaved");

async function stepAgainst(
  lie: Parameters<typeof startRogueLdap>[0],
  options: Partial<Parameters<typeof hostileStep>[0]> = {},
): Promise<StepEnd> {
  const { port, stop } = await startRogueLdap(lie);
  onTestFinished(stop);
  return hostileStep({ engine: "ldap", port, ...options });
}

/** Lies to requests of this kind, each of which has a number of its own. */
const to =
  (wanted: LdapRequest, lie: (honest: Buffer, id: number) => LdapLie) =>
  (kind: LdapRequest, honest: Buffer, id: number): LdapLie =>
    kind === wanted ? lie(honest, id) : honest;

test("a server that does not lie is rotated, so that what follows is the lies' doing", async () => {
  expect(await stepAgainst(undefined)).toEqual(endedWith("done"));
});

test("a message that claims four gigabytes is not waited for", async () => {
  const claim = Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]);
  const lie = (): LdapLie => (socket) => {
    socket.write(claim);
    endless(Buffer.alloc(65_536))(socket);
  };
  expect(await stepAgainst(to("bind", lie))).toEqual(misbehaved);
});

test("values without an end are cut off, also in messages of a moderate size", async () => {
  const values = Array.from({ length: 400 }, () => "x".repeat(1_000));
  const lie = (_honest: Buffer, id: number): LdapLie =>
    endless(message(id, entry(attribute("userPassword", ...values))));
  expect(await stepAgainst(to("search", lie))).toEqual(misbehaved);
});

test("a value that claims to be longer than its entry does not make the driver read for ever", async () => {
  const values = sequence(0x31, element(0x04, "short", 1_000));
  const lie = (_honest: Buffer, id: number): LdapLie =>
    message(id, entry(sequence(0x30, octets("userPassword"), values)));
  expect(await stepAgainst(to("search", lie))).toEqual(misbehaved);
});

test("elements within elements, 10,000 deep, are refused", async () => {
  let nested = Buffer.alloc(0);
  for (let depth = 0; depth < 10_000; depth++) nested = Buffer.from(element(0x30, nested));
  expect(await stepAgainst(to("bind", () => nested))).toEqual(misbehaved);
});

test.each([
  ["of no fixed length", Buffer.from([0x30, 0x80, 0x02, 0x01, 0x02, 0x00, 0x00])],
  ["whose length has five bytes", Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1, 0])],
  ["with a tag of several bytes", Buffer.from([0x3f, 0x81, 0x01, 0x00])],
  ["of nothing", Buffer.from([0x30, 0x00])],
  ["that is none", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
])("a message %s is refused", async (_what, bytes) => {
  expect(await stepAgainst(to("bind", () => bytes))).toEqual(misbehaved);
});

test("an answer that came before its request does not confirm a change that was never made", async () => {
  const lie = (honest: Buffer, id: number): LdapLie => Buffer.concat([honest, message(id + 1, result(0x67, 0))]);
  expect(await stepAgainst(to("search", lie))).toEqual(misbehaved);
});

test("an answer to another request, and one of another kind, are refused", async () => {
  expect(await stepAgainst(to("modify", (_honest, id) => message(id - 1, result(0x67, 0))))).toEqual(misbehaved);
  expect(await stepAgainst(to("modify", (_honest, id) => message(id, result(0x61, 0))))).toEqual(misbehaved);
  expect(await stepAgainst(to("bind", (_honest, id) => message(id, entry())))).toEqual(misbehaved);
});

test("a second entry, and a reference to another server, are refused", async () => {
  const two = (honest: Buffer): Buffer => Buffer.concat([honest.subarray(0, honest.length / 2), honest]);
  expect(await stepAgainst(to("search", two))).toEqual(misbehaved);
  const reference = (_honest: Buffer, id: number): Buffer =>
    message(id, sequence(0x73, octets("ldap://127.0.0.1:1/dc=elsewhere")));
  expect(await stepAgainst(to("search", reference))).toEqual(misbehaved);
});

test("a referral is not followed: nobody else hears of the change", async () => {
  const other = await startRogueLdap(() => () => {
    throw new Error("the referral was followed");
  });
  onTestFinished(other.stop);
  const referral = sequence(0xa3, octets(`ldap://127.0.0.1:${other.port}/cn=app,dc=rekey`));
  expect(await stepAgainst(to("modify", (_honest, id) => message(id, result(0x67, 10, referral))))).toEqual(
    endedWith("database-read-only"),
  );
  expect(await stepAgainst(to("bind", (_honest, id) => message(id, result(0x61, 10, referral))))).toEqual(
    endedWith("database-read-only"),
  );
});

test("a server that says that it ends the connection is one that was lost", async () => {
  const notice = (): Buffer => message(0, result(0x78, 52, element(0x8a, "1.3.6.1.4.1.1466.20036")));
  expect(await stepAgainst(to("modify", notice))).toEqual(endedWith("connection-lost"));
});

test("a thousand passwords are not compared", async () => {
  const values = Array.from({ length: 1_000 }, (_, index) => `value ${index}`);
  const lie = (_honest: Buffer, id: number): Buffer =>
    Buffer.concat([message(id, entry(attribute("userPassword", ...values))), message(id, result(0x65, 0))]);
  expect(await stepAgainst(to("search", lie))).toEqual(endedWith("account-unsupported"));
});

const startTlsTo = async (lie: (honest: Buffer) => LdapLie): Promise<{ outcome: string; heard: readonly string[] }> => {
  const heard: string[] = [];
  await using server = await startRogueLdap((kind, honest) => {
    heard.push(kind);
    return lie(honest);
  });
  const target = {
    engine: "ldap",
    host: "127.0.0.1",
    port: server.port,
    dbname: "",
    tls: { mode: "verify-full" },
    options: new Map([["rekey:start-tls", "true"]]),
  } as const;
  const credential = { username: "cn=app,dc=rekey", password: new SecretValue("canary-current-3f6a") };
  const login = ldapEngine().login(target, credential, { signal: AbortSignal.timeout(3_000) });
  const outcome = await login.then(
    () => "logged in",
    (error: unknown) => (error instanceof RekeyError ? error.code : String(error)),
  );
  return { outcome, heard: heard.filter((kind) => kind !== "other") };
};

test("where StartTLS is refused, or more comes than its answer, the password is not sent", async () => {
  expect(await startTlsTo(() => message(1, result(0x78, 2)))).toEqual({ outcome: "tls-refused", heard: ["startTls"] });
  expect(await startTlsTo((honest) => Buffer.concat([honest, message(2, result(0x61, 0))]))).toEqual({
    outcome: "server-misbehaved",
    heard: ["startTls"],
  });
  expect(await startTlsTo((honest) => Buffer.concat([honest, Buffer.from([0x30])]))).toEqual({
    outcome: "server-misbehaved",
    heard: ["startTls"],
  });
});

/** The server's side of a login, a look at the user and a change, one entry for each request. */
const recorded = (["bind", "search", "search", "search", "search", "modify"] as const).map((kind, index) =>
  honestAnswer(kind, index + 2),
);

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  const answers = changed(recorded, made);
  let asked = 0;
  await using server = await startRogueLdap(() => answers[asked++] ?? ((socket) => socket.end()));
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  const credential = (password: string) => ({ username: "cn=app,dc=rekey", password: new SecretValue(password) });
  const target = loopbackTarget({ engine: "ldap", port: server.port });
  return await endOf(ldapEngine().login(target, credential("canary-current-3f6a"), call), async (session) => {
    await session.inspect(["cn=app,dc=rekey"], call);
    await session.keepBoth(credential("canary-current-3f6a"), credential("canary-next-3f6a"), call);
  });
}

test("a recorded conversation, however it is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(recorded, async (made) => converse(made, 150));
});
