import { createConnection, createServer } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { people, replacing, rotator, slapd, ssha } from "../../../tests/support/ldap.ts";
import { listening } from "../../../tests/support/listening.ts";
import { certificate } from "../../../tests/support/loopback-certificate.ts";
import type { CallOptions } from "../../ports/call.ts";
import { startTlsTag } from "../../tags/tag-names.ts";
import { call, credential, engine, startDirectory, targetOf, type TestDirectory } from "./test-directory.ts";

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
  let directory: TestDirectory;

  beforeAll(async () => {
    directory = await startDirectory();
  });
  afterAll(async () => directory.ldap.stop());

  test("a wrong password and an unknown user are results, and an admin's name is no way to be it", async () => {
    for (const who of [
      credential(await directory.user(), "wrong"),
      credential(`cn=nobody,${people}`, "p"),
      credential(rotator.username, "zero"),
    ]) {
      await expect(engine.login(directory.target, who, call)).resolves.toEqual({
        ok: false,
        refusal: "bad-credential",
      });
    }
  });

  test("a name that holds another entry's, a filter or a star is the entry of that very name", async () => {
    const name = `cn=app\\2Cou\\3Dadmins*)(uid=*,${people}`;
    await directory.ldap.admin(async (client) =>
      client.add(name, { objectClass: ["organizationalRole", "simpleSecurityObject"], userPassword: ssha("zero") }),
    );
    const bystander = await directory.user();
    await using session = await directory.open(credential(name, "zero"));
    await session.setPassword(credential(name, "one"), call, { current: credential(name, "zero") });
    expect([await directory.taken(name, "zero", "one"), await directory.taken(bystander, "zero", "one")]).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test("by StartTLS, a verified certificate is taken, another is refused, and no login is sent in clear", async () => {
    const dn = await directory.user();
    const sent: Buffer[] = [];
    const proxy = await listening(
      createServer((client) => {
        const upstream = createConnection(directory.ldap.plainPort, "127.0.0.1");
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
      await using session = await directory.open(credential(dn, "zero"), secure);
      await session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
    }
    await expect(
      engine.login({ ...secure, tls: { mode: "verify-full" } }, credential(dn, "zero"), call),
    ).rejects.toMatchObject({ code: "tls-refused" });
    expect({ taken: await directory.taken(dn, "zero", "one"), clear: Buffer.concat(sent).includes(dn) }).toEqual({
      taken: [true, true],
      clear: false,
    });
  });

  test("a tag that is neither true nor false is refused", async () => {
    const options = new Map([[startTlsTag, "maybe"]]);
    const login = engine.login(
      targetOf(directory.ldap.port, { tls: { mode: "verify-full", ca: certificate }, options }),
      credential(await directory.user(), "zero"),
      call,
    );
    await expect(login).rejects.toMatchObject({ code: "option-invalid" });
  });

  test("a user that a policy has locked, and one that must change its password before anything else, do not count as logged in", async () => {
    const locked = await directory.user();
    await directory.policy(locked, { pwdLockout: "TRUE", pwdMaxFailure: "1" });
    await engine.login(directory.target, credential(locked, "wrong"), call);
    expect(await engine.login(directory.target, credential(locked, "zero"), call)).toMatchObject({
      ok: false,
      refusal: "login-not-allowed",
    });
    const reset = await directory.user();
    await directory.policy(reset, { pwdMustChange: "TRUE" });
    await directory.ldap.admin(async (client) => client.modify(reset, replacing("pwdReset", ["TRUE"])));
    expect(await engine.login(directory.target, credential(reset, "zero"), call)).toMatchObject({
      ok: false,
      refusal: "expired",
    });
  });

  test("a user that may not see its own password is told which right it lacks", async () => {
    await using session = await directory.open(credential(await directory.user(), "zero"));
    const bystander = await directory.user();
    await expect(session.setPassword(credential(bystander, "one"), call)).rejects.toMatchObject({
      code: "credential-refused",
    });
    expect(await directory.taken(bystander, "zero")).toEqual([true]);
  });

  test("the inspection reports what OpenLDAP shows, and who has several passwords", async () => {
    const [one, two] = [await directory.user(), await directory.user(ssha("zero"), ssha("one"))];
    await using session = await directory.open(credential(rotator.username, rotator.password));
    const facts = await session.inspect([one, two, `cn=nobody,${people}`], call);
    expect(facts).toMatchObject({ isSupported: true, isReadOnly: false });
    expect(facts.version).toContain("OpenLDAP");
    expect([...facts.users]).toEqual([
      [one, { mayBeChanged: true, isOurAlternate: false }],
      [two, { mayBeChanged: true, isOurAlternate: false, passwords: 2 }],
    ]);
  });

  test("no password and no hash is in what an error or a session shows", async () => {
    const dn = await directory.user(ssha("canary-current"), "{SASL}canary-pointer");
    await using session = await directory.open(credential(dn, "canary-current"));
    const error: unknown = await session
      .setPassword(credential(dn, "canary-next"), call, { current: credential(dn, "canary-other") })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "account-unsupported" });
    expect(inspect([error, session], { depth: 9, showHidden: true })).not.toContain("canary");
  });

  test("a call that is over sends nothing more", async () => {
    const dn = await directory.user();
    const over: CallOptions = { signal: AbortSignal.abort() };
    await using session = await directory.open(credential(dn, "zero"));
    await expect(session.setPassword(credential(dn, "one"), over)).rejects.toMatchObject({ code: "time-budget-spent" });
    await expect(engine.login(directory.target, credential(dn, "zero"), over)).rejects.toMatchObject({
      code: "time-budget-spent",
    });
    expect(await directory.taken(dn, "zero", "one")).toEqual([true, false]);
  });
});
