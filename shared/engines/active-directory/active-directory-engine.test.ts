import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domain as base, sambaDomain } from "../../../tests/support/active-directory.ts";
import { listening } from "../../../tests/support/listening.ts";
import type { CallOptions } from "../../ports/call.ts";
import {
  call,
  credential,
  engine,
  one,
  root,
  startDomain,
  targetOf,
  type TestDomain,
  two,
  zero,
} from "./test-domain.ts";

test.each(["orders", "EXTERNAL", "", "*)(cn=*"])(
  "the user name %j, which may be several users', is refused before anything is sent",
  async (username) => {
    let heard = false;
    await using server = await listening(createServer(() => (heard = true)));
    const login = engine.login(targetOf("127.0.0.1", server.port), credential(username, "p"), call);
    await expect(login).rejects.toMatchObject({ code: "secret-malformed" });
    expect(heard).toBe(false);
  },
);

test("an empty password is refused before anything is sent", async () => {
  let heard = false;
  await using server = await listening(createServer(() => (heard = true)));
  const login = await engine.login(targetOf("127.0.0.1", server.port), credential("a@b", ""), call);
  expect({ login, heard }).toEqual({ login: { ok: false, refusal: "bad-credential" }, heard: false });
});

test.each(["require", "verify-ca"] as const)(
  "the mode %s, which any server could satisfy, is refused",
  async (mode) => {
    const login = engine.login(targetOf("127.0.0.1", 1, { tls: { mode } }), credential("a@b", "p"), call);
    await expect(login).rejects.toMatchObject({ code: "tls-refused" });
  },
);

// Samba remembers, as Windows does, the password before the current one for an hour, and wants passwords to be a day old.
describe.skipIf(sambaDomain === undefined)("on a real domain", () => {
  let domain: TestDomain;

  beforeAll(async () => {
    domain = await startDomain();
  }, 60_000);
  afterAll(async () => domain.directory.stop());

  /** While `work` runs, a password may be changed again at once. */
  async function withoutAge(work: () => Promise<void>): Promise<void> {
    const [before = ""] = await domain.valuesOf(base, "minPwdAge");
    await domain.set(base, "minPwdAge", "0");
    try {
      await work();
    } finally {
      await domain.set(base, "minPwdAge", before);
    }
  }

  test("a user is changed by itself under each form of its name, by LDAPS and by StartTLS", async () =>
    withoutAge(async () => {
      for (const form of ["dn", "ofDomain", "principal"] as const) {
        const user = await domain.user();
        const name = user[form];
        await using session = await domain.open(credential(name, zero));
        await session.setPassword(credential(name, one), call, { current: credential(name, zero) });
        await using over = await domain.open(
          credential(name, one),
          targetOf(domain.directory.host, domain.directory.plainPort, { tls: domain.target.tls }),
        );
        await over.setPassword(credential(name, two), call, { current: credential(name, one) });
        expect(await domain.taken(user.dn, zero, two)).toEqual([false, true]);
      }
    }));

  test("a principal name of the user's own is found by that", async () =>
    withoutAge(async () => {
      const user = await domain.user({ userPrincipalName: "orders service@other.example.com" });
      const name = "orders service@other.example.com";
      await using session = await domain.open(credential(name, zero));
      await session.setPassword(credential(name, one), call);
      expect(await domain.taken(user.dn, one)).toEqual([true]);
    }));

  test("a wrong password, an unknown user, and what Windows tells apart behind one code", async () => {
    const refusal = async (name: string, password: string = zero): Promise<unknown> =>
      engine.login(domain.target, credential(name, password), call).then((login) => (login.ok ? "in" : login.refusal));
    const user = await domain.user();
    expect(await refusal(user.principal, "wrong")).toBe("bad-credential");
    expect(await refusal("nobody@rekey.test")).toBe("bad-credential");
    for (const [attribute, value, refused] of [
      ["userAccountControl", "514", "login-not-allowed"],
      ["accountExpires", "116444736000000000", "expired"],
      ["pwdLastSet", "0", "expired"],
      ["logonHours", Buffer.alloc(21), "login-not-allowed"],
    ] as const) {
      const { dn } = await domain.user();
      await domain.set(dn, attribute, value);
      expect({ attribute, refused: await refusal(dn) }).toEqual({ attribute, refused });
    }
  });

  test("without TLS the domain controller lets nobody in, and one that has no certificate of ours gets nothing", async () => {
    const user = await domain.user();
    const { host, plainPort, port } = domain.directory;
    const plain = targetOf(host, plainPort, { tls: { mode: "disable" } });
    await expect(engine.login(plain, credential(user.dn, zero), call)).rejects.toMatchObject({ code: "tls-refused" });
    await expect(engine.login(targetOf(host, port), credential(user.dn, zero), call)).rejects.toMatchObject({
      code: "tls-refused",
    });
  });

  test("a change that was made already is found out, though the old password still logs in", async () =>
    withoutAge(async () => {
      const { dn } = await domain.user();
      await using first = await domain.open(credential(dn, zero));
      await first.setPassword(credential(dn, one), call);
      await using again = await domain.open(credential(dn, zero));
      await again.setPassword(credential(dn, one), call);
      expect(await domain.taken(dn, one)).toEqual([true]);
    }));

  test("a password that somebody set within the last hour is not replaced by whoever has the one before", async () =>
    withoutAge(async () => {
      const { dn } = await domain.user();
      await domain.reset(dn, two);
      await using session = await domain.open(credential(dn, zero));
      await expect(session.setPassword(credential(dn, one), call, { hasAdmin: true })).rejects.toMatchObject({
        code: "credential-refused",
      });
      expect(await domain.taken(dn, one, two)).toEqual([false, true]);
    }));

  test("while the password is too young its user is told so, and an admin is not held up", async () => {
    const { dn } = await domain.user();
    await using session = await domain.open(credential(dn, zero));
    const change = { method: "setPassword", credential: credential(dn, one) } as const;
    for (const refused of [
      async () => session.setPassword(credential(dn, one), call),
      async () => session.rehearse(change, call),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        code: "account-unsupported",
        context: { property: "password policy", reason: "minimum password age" },
      });
    }
    const terms = { hasAdmin: true };
    for (const left of [
      async () => session.setPassword(credential(dn, one), call, terms),
      async () => session.rehearse({ ...change, terms }, call),
    ]) {
      await expect(left()).rejects.toMatchObject({ code: "database-rights-missing" });
    }
    await using admin = await domain.open(root);
    await admin.setPassword(credential(dn, one), call);
    await admin.setPassword(credential(dn, zero), call);
    expect(await domain.taken(dn, zero)).toEqual([true]);
  });

  test("a password that the policy refuses from anybody is named so", async () => {
    const { dn } = await domain.user();
    await using admin = await domain.open(root);
    await expect(admin.setPassword(credential(dn, "short"), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "password policy" },
    });
  });

  test("a user has no right to another's password, and a name is no filter", async () => {
    const [user, bystander] = [await domain.user(), await domain.user()];
    await using session = await domain.open(credential(user.dn, zero));
    await expect(session.setPassword(credential(bystander.ofDomain, one), call)).rejects.toMatchObject({
      code: "database-rights-missing",
    });
    await using admin = await domain.open(root);
    for (const name of [
      "REKEY\\*",
      `REKEY\\${bystander.account})(objectClass=*`,
      "*@rekey.test",
      `OTHER\\${bystander.account}`,
      `${bystander.account}@other.example.com`,
      `CN=${bystander.account}\\2C,${base}`,
    ]) {
      await expect(admin.setPassword(credential(name, one), call)).rejects.toMatchObject({
        code: "credential-refused",
      });
    }
    expect(await domain.taken(bystander.dn, zero)).toEqual([true]);
  });

  test("an admin changes the very user that the secret's password has logged in, or nobody", async () => {
    const [user, bystander] = [await domain.user(), await domain.user()];
    await using own = await domain.open(credential(user.ofDomain, zero));
    const account = await own.readOwnAccount(call);
    await using admin = await domain.open(root);
    await expect(admin.setPassword(credential(bystander.ofDomain, one), call, { own: account })).rejects.toMatchObject({
      code: "account-unsupported",
    });
    await admin.setPassword(credential(user.ofDomain, one), call, { own: account });
    expect([await domain.taken(bystander.dn, zero), await domain.taken(user.dn, one)]).toEqual([[true], [true]]);
  });

  test("a machine's account is none that rekey changes", async () => {
    await using admin = await domain.open(root);
    await expect(admin.setPassword(credential("REKEY\\DC$", one), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "kind of account" },
    });
  });

  test("the inspection reports what the domain shows", async () => {
    const user = await domain.user({ accountExpires: "133000000000000000" });
    await using session = await domain.open(root);
    const facts = await session.inspect([user.ofDomain, "nobody@rekey.test"], call);
    expect(facts).toMatchObject({
      isSupported: true,
      isReadOnly: false,
      version: "Active Directory, functional level 4",
    });
    expect([...facts.users.keys()]).toEqual([user.ofDomain]);
    expect(facts.users.get(user.ofDomain)).toMatchObject({
      mayBeChanged: true,
      expiresAt: new Date(1_655_526_400_000),
    });
  });

  test("no password is in what an error or a session shows", async () => {
    const { dn } = await domain.user();
    await using session = await domain.open(credential(dn, zero));
    const error: unknown = await session
      .setPassword(credential(dn, "Canary-of-the-9-tests"), call)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "account-unsupported" });
    expect(inspect([error, session], { depth: 9, showHidden: true })).not.toMatch(/of-the-9-tests/i);
  });

  test("a call that is over sends nothing more", async () => {
    const { dn } = await domain.user();
    const over: CallOptions = { signal: AbortSignal.abort() };
    await using session = await domain.open(credential(dn, zero));
    await expect(session.setPassword(credential(dn, one), over)).rejects.toMatchObject({ code: "time-budget-spent" });
    expect(await domain.taken(dn, zero, one)).toEqual([true, false]);
  });
});
