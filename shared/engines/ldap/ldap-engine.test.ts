import { createConnection, createServer } from "node:net";
import { inspect } from "node:util";
import { Attribute, Change } from "ldapts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  people,
  replacing,
  rotator,
  slapd,
  ssha,
  startLdap,
  type LdapUnderTest,
  suffix,
} from "../../../tests/support/ldap.ts";
import { listening } from "../../../tests/support/listening.ts";
import { certificate, key } from "../../../tests/support/loopback-certificate.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { startTlsTag } from "../../tags/tag-names.ts";
import { ldapEngine, type LdapSession } from "./ldap-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = ldapEngine();
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});
const targetOf = (port: number, more: Partial<DatabaseTarget> = {}): DatabaseTarget => ({
  engine: "ldap",
  host: "127.0.0.1",
  port,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
  ...more,
});

async function open(target: DatabaseTarget, who: Credential): Promise<LdapSession> {
  const login = await engine.login(target, who, call);
  if (!login.ok) throw new Error(`refused: ${login.refusal}`);
  return login.session;
}

test.each(["EXTERNAL", "PLAIN", "DIGEST-MD5", "orders", "u:orders", "", "=x", "*)(uid=*"])(
  "the user name %s, which is no entry's, is refused before anything is sent",
  async (username) => {
    let heard = false;
    await using server = await listening(createServer(() => (heard = true)));
    await expect(engine.login(targetOf(server.port), credential(username, "p"), call)).rejects.toMatchObject({
      code: "secret-malformed",
    });
    expect(heard).toBe(false);
  },
);

test("an empty password is refused before anything is sent", async () => {
  let heard = false;
  await using server = await listening(createServer(() => (heard = true)));
  const login = await engine.login(targetOf(server.port), credential(`cn=app,${people}`, ""), call);
  expect({ login, heard }).toEqual({ login: { ok: false, refusal: "bad-credential" }, heard: false });
});

test.each(["require", "verify-ca"] as const)(
  "the mode %s, which any server could satisfy, is refused",
  async (mode) => {
    const login = engine.login(targetOf(1, { tls: { mode } }), credential(`cn=app,${people}`, "p"), call);
    await expect(login).rejects.toMatchObject({ code: "tls-refused" });
  },
);

describe.skipIf(slapd === undefined)("on a real OpenLDAP", () => {
  let ldap: LdapUnderTest;
  let target: DatabaseTarget;
  let made = 0;

  /** A user with these values; returns its name. */
  async function user(...values: readonly string[]): Promise<string> {
    const dn = `cn=user${made++},${people}`;
    const [first = ssha("zero"), ...more] = values;
    await ldap.admin(async (client) => {
      await client.add(dn, { objectClass: ["organizationalRole", "simpleSecurityObject"], userPassword: first });
      for (const value of more) {
        await client.modify(
          dn,
          new Change({ operation: "add", modification: new Attribute({ type: "userPassword", values: [value] }) }),
        );
      }
    });
    return dn;
  }
  async function policy(dn: string, rules: Readonly<Record<string, string>>): Promise<void> {
    const name = `cn=policy${made++},${suffix}`;
    const cn = name.slice(3, name.indexOf(","));
    await ldap.admin(async (client) => {
      await client.add(name, { objectClass: ["device", "pwdPolicy"], cn, pwdAttribute: "userPassword", ...rules });
      await client.modify(dn, replacing("pwdPolicySubentry", [name]));
    });
  }
  const valuesOf = async (dn: string): Promise<readonly string[]> => {
    const { searchEntries } = await ldap.admin(async (client) =>
      client.search(dn, { scope: "base", attributes: ["userPassword"] }),
    );
    return [searchEntries[0]?.["userPassword"] ?? []].flat().map(String);
  };
  const taken = async (dn: string, ...passwords: readonly string[]): Promise<readonly boolean[]> =>
    Promise.all(passwords.map(async (password) => ldap.accepts(dn, password)));

  beforeAll(async () => {
    ldap = await startLdap(slapd ?? "", { certificate, key });
    target = targetOf(ldap.plainPort);
  });
  afterAll(async () => ldap.stop());

  test("a wrong password and an unknown user are results, and an admin's name is no way to be it", async () => {
    for (const who of [
      credential(await user(), "wrong"),
      credential(`cn=nobody,${people}`, "p"),
      credential(rotator.username, "zero"),
    ]) {
      await expect(engine.login(target, who, call)).resolves.toEqual({ ok: false, refusal: "bad-credential" });
    }
  });

  test("a name that holds another entry's, a filter or a star is the entry of that very name", async () => {
    const name = `cn=app\\2Cou\\3Dadmins*)(uid=*,${people}`;
    await ldap.admin(async (client) =>
      client.add(name, { objectClass: ["organizationalRole", "simpleSecurityObject"], userPassword: ssha("zero") }),
    );
    const bystander = await user();
    await using session = await open(target, credential(name, "zero"));
    await session.setPassword(credential(name, "one"), call, { current: credential(name, "zero") });
    expect([await taken(name, "zero", "one"), await taken(bystander, "zero", "one")]).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test("by StartTLS, a verified certificate is taken, another is refused, and no login is sent in clear", async () => {
    const dn = await user();
    const sent: Buffer[] = [];
    const proxy = await listening(
      createServer((client) => {
        const upstream = createConnection(ldap.plainPort, "127.0.0.1");
        client
          .on("data", (chunk: Buffer) => sent.push(chunk))
          .pipe(upstream)
          .on("error", () => undefined);
        upstream.pipe(client);
      }),
    );
    onTestFinished(proxy.stop);
    const options = new Map([[startTlsTag, "true"]]);
    const secure = targetOf(proxy.port, { tls: { mode: "verify-full", ca: certificate }, options });
    {
      await using session = await open(secure, credential(dn, "zero"));
      await session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
    }
    await expect(
      engine.login({ ...secure, tls: { mode: "verify-full" } }, credential(dn, "zero"), call),
    ).rejects.toMatchObject({ code: "tls-refused" });
    expect({ taken: await taken(dn, "zero", "one"), clear: Buffer.concat(sent).includes(dn) }).toEqual({
      taken: [true, true],
      clear: false,
    });
  });

  test("a tag that is neither true nor false is refused", async () => {
    const options = new Map([[startTlsTag, "maybe"]]);
    const login = engine.login(
      targetOf(ldap.port, { tls: { mode: "verify-full", ca: certificate }, options }),
      credential(await user(), "zero"),
      call,
    );
    await expect(login).rejects.toMatchObject({ code: "option-invalid" });
  });

  test("only hashes are stored, in the scheme of the value before, and others' passwords keep their place", async () => {
    const others = [ssha("theirs"), "{CRYPT}$6$salt$hash", "{SASL}app@EXAMPLE"];
    const dn = await user(ssha("zero"), ...others);
    await using session = await open(target, credential(dn, "zero"));
    await session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
    await session.keepOnly(credential(dn, "one"), call, {
      wasRotated: true,
      earlier: async () => [new SecretValue("zero")],
    });
    const values = await valuesOf(dn);
    expect(values.filter((value) => others.includes(value))).toEqual(others);
    expect([
      values.length,
      values.some((value) => value.includes("one")),
      await taken(dn, "zero", "one", "theirs"),
    ]).toEqual([4, false, [false, true, true]]);
  });

  test("the next rotation takes the replaced password off without asking the store, and again changes nothing", async () => {
    const dn = await user();
    const asked = { wasRotated: true, earlier: async () => expect.fail("the store was asked") };
    const [zero, one, two] = ["zero", "one", "two"].map((password) => credential(dn, password)) as [
      Credential,
      Credential,
      Credential,
    ];
    await using session = await open(target, zero);
    await session.keepBoth(zero, one, call, asked);
    await session.keepBoth(one, two, call, asked);
    const values = await valuesOf(dn);
    await session.keepBoth(one, two, call, asked);
    expect([await valuesOf(dn), await taken(dn, "zero", "one", "two")]).toEqual([values, [false, true, true]]);
  });

  test.each(["{ARGON2}", "{CRYPT}", "{SASL}", "{FOO}"])(
    "with a current password kept as %s, two passwords are refused, since it could not be taken off later",
    async (scheme) => {
      const dn = await user(`${scheme}xyz`);
      await using session = await open(target, credential(rotator.username, rotator.password));
      const change = session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
      await expect(change).rejects.toMatchObject({ code: "account-unsupported" });
      expect(await valuesOf(dn)).toEqual([`${scheme}xyz`]);
    },
  );

  test("a single user's hash of a form that is not computed here is replaced, and a pointer to another place is not", async () => {
    const [crypt, sasl] = [await user("{CRYPT}$6$salt$hash"), await user("{SASL}app@EXAMPLE")];
    await using session = await open(target, credential(rotator.username, rotator.password));
    await session.setPassword(credential(crypt, "one"), call, { current: credential(crypt, "zero") });
    expect(await taken(crypt, "one")).toEqual([true]);
    await expect(session.setPassword(credential(sasl, "one"), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "password kept as SASL" },
    });
  });

  test("of several passwords, none is replaced that is not known to be the secret's", async () => {
    const dn = await user(ssha("theirs"), ssha("of a third"));
    await using session = await open(target, credential(rotator.username, rotator.password));
    await expect(session.setPassword(credential(dn, "one"), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "several passwords" },
    });
    expect(await taken(dn, "theirs", "of a third", "one")).toEqual([true, true, false]);
  });

  test.each([
    ["pwdSafeModify", { pwdSafeModify: "TRUE" }, ["done", "account-unsupported"]],
    ["pwdCheckQuality", { pwdCheckQuality: "2" }, ["account-unsupported", "account-unsupported"]],
    ["pwdAllowUserChange", { pwdAllowUserChange: "FALSE" }, ["account-unsupported", "account-unsupported"]],
    ["no rule", {}, ["done", "done"]],
  ])("under a policy with %s, a change and its rehearsal end alike", async (_rule, rules, expected) => {
    const ended = async (work: Promise<void>): Promise<string> =>
      work.then(
        () => "done",
        (error: unknown) => String(Reflect.get(Object(error), "code")),
      );
    const outcomes: string[] = [];
    for (const method of ["setPassword", "keepBoth"] as const) {
      const dn = await user();
      await policy(dn, rules);
      const [current, next] = [credential(dn, "zero"), credential(dn, "one")];
      await using session = await open(target, current);
      const before = await valuesOf(dn);
      const planned =
        method === "setPassword"
          ? ({ method, credential: next, terms: { current } } as const)
          : ({ method, current, next } as const);
      const rehearsed = await ended(session.rehearse(planned, call));
      expect(await valuesOf(dn)).toEqual(before);
      const done = await ended(
        method === "setPassword" ? session.setPassword(next, call, { current }) : session.keepBoth(current, next, call),
      );
      expect({ method, rehearsed }).toEqual({ method, rehearsed: done });
      expect(await taken(dn, "zero")).toEqual([method === "keepBoth" || done !== "done"]);
      outcomes.push(done);
    }
    expect(outcomes).toEqual(expected);
  });

  test("with a policy's least age, the old password ends in the same step that the new one begins in", async () => {
    const dn = await user();
    await using session = await open(target, credential(dn, "zero"));
    await policy(dn, { pwdMinAge: "3600" });
    await session.setPassword(credential(dn, "one"), call, { current: credential(dn, "zero") });
    expect(await taken(dn, "zero", "one")).toEqual([false, true]);
    const again = session.setPassword(credential(dn, "two"), call, { current: credential(dn, "one") });
    await expect(again).rejects.toMatchObject({
      code: "account-unsupported",
      context: { reason: "passwordTooYoung" },
    });
  });

  test("a user that a policy has locked, and one that must change its password before anything else, do not count as logged in", async () => {
    const locked = await user();
    await policy(locked, { pwdLockout: "TRUE", pwdMaxFailure: "1" });
    await engine.login(target, credential(locked, "wrong"), call);
    expect(await engine.login(target, credential(locked, "zero"), call)).toMatchObject({
      ok: false,
      refusal: "login-not-allowed",
    });
    const reset = await user();
    await policy(reset, { pwdMustChange: "TRUE" });
    await ldap.admin(async (client) => client.modify(reset, replacing("pwdReset", ["TRUE"])));
    expect(await engine.login(target, credential(reset, "zero"), call)).toMatchObject({
      ok: false,
      refusal: "expired",
    });
  });

  test("a user that may not see its own password is told which right it lacks", async () => {
    await using session = await open(target, credential(await user(), "zero"));
    const bystander = await user();
    await expect(session.setPassword(credential(bystander, "one"), call)).rejects.toMatchObject({
      code: "credential-refused",
    });
    expect(await taken(bystander, "zero")).toEqual([true]);
  });

  test("the inspection reports what OpenLDAP shows, and who has several passwords", async () => {
    const [one, two] = [await user(), await user(ssha("zero"), ssha("one"))];
    await using session = await open(target, credential(rotator.username, rotator.password));
    const facts = await session.inspect([one, two, `cn=nobody,${people}`], call);
    expect(facts).toMatchObject({ isSupported: true, isReadOnly: false });
    expect(facts.version).toContain("OpenLDAP");
    expect([...facts.users]).toEqual([
      [one, { mayBeChanged: true, isOurAlternate: false }],
      [two, { mayBeChanged: true, isOurAlternate: false, passwords: 2 }],
    ]);
  });

  test("no password and no hash is in what an error or a session shows", async () => {
    const dn = await user(ssha("canary-current"), "{SASL}canary-pointer");
    await using session = await open(target, credential(dn, "canary-current"));
    const error: unknown = await session
      .setPassword(credential(dn, "canary-next"), call, { current: credential(dn, "canary-other") })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "account-unsupported" });
    expect(inspect([error, session], { depth: 9, showHidden: true })).not.toContain("canary");
  });

  test("a call that is over sends nothing more", async () => {
    const dn = await user();
    const over: CallOptions = { signal: AbortSignal.abort() };
    await using session = await open(target, credential(dn, "zero"));
    await expect(session.setPassword(credential(dn, "one"), over)).rejects.toMatchObject({ code: "time-budget-spent" });
    await expect(engine.login(target, credential(dn, "zero"), over)).rejects.toMatchObject({
      code: "time-budget-spent",
    });
    expect(await taken(dn, "zero", "one")).toEqual([true, false]);
  });
});
