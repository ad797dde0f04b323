import { describe, expect, test, vi } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { grantsOf } from "../testing/grants.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";
import type { HostAndPort, RotationGrants } from "./grants.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";

const otherAdmin = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf";

/** Alternating users before setSecret, with these admin secrets and grants. */
async function created(
  options: Partial<Parameters<typeof memoryRotation>[0]>,
  admin: Readonly<Record<string, object>> = {},
  grants?: Partial<RotationGrants>,
): Promise<MemoryRotation> {
  const stage = memoryRotation({
    strategy: "alternating-users",
    ...(grants === undefined ? {} : { wiring: () => ({ grants: { ...grantsOf(), ...grants } }) }),
    ...options,
  });
  for (const [arn, fields] of Object.entries(admin)) {
    stage.store.others.set(arn, { AWSCURRENT: memoryValue("admin-password", { username: "admin", ...fields }) });
  }
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  return stage;
}

const adminOn = (...targets: readonly HostAndPort[]): Partial<RotationGrants> => ({
  admins: new Map([[memoryAdminId, targets]]),
});
const own = { host: "db", port: 1 };

describe("which admin secret may be used is the configuration's to say", () => {
  test.each([
    ["the secret's own JSON", { fields: { masterarn: otherAdmin } }],
    ["the secret's tag", { fields: { masterarn: undefined }, tags: { "rekey:admin-secret": otherAdmin } }],
    ["both", { fields: { masterarn: otherAdmin }, tags: { "rekey:admin-secret": otherAdmin } }],
  ])("one that %s alone names is refused before it is read", async (_who, options) => {
    const stage = await created(options, { [otherAdmin]: {} });
    const read = vi.spyOn(stage.store, "read");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "admin-secret-refused",
      context: { admin: otherAdmin, problem: "the function's configuration does not name it" },
    });
    expect(read.mock.calls.map(([id]) => id)).not.toContain(otherAdmin);
    expect(stage.engine.logins()).toBe(1);
  });

  test("the tag and the JSON choose among those that it names", async () => {
    const both = { admins: new Map([memoryAdminId, otherAdmin].map((arn) => [arn, []])) };
    for (const masterarn of [otherAdmin, undefined]) {
      const stage = await created(
        { fields: { masterarn }, tags: { "rekey:admin-secret": otherAdmin } },
        { [otherAdmin]: {} },
        both,
      );
      await expect(stage.container()("setSecret")).resolves.toBe("done");
      expect(stage.logsIn("AWSPENDING")).toBe(true);
    }
  });
});

test("an admin secret without a current value is not found", async () => {
  const stage = await created({});
  stage.store.others.set(memoryAdminId, { AWSPREVIOUS: memoryValue("admin-password", { username: "admin" }) });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "secret-not-found",
    context: { secret: memoryAdminId },
  });
});

describe("an admin's password goes only where the configuration or the admin secret says", () => {
  test.each<[string, object, object, readonly HostAndPort[], HostAndPort]>([
    ["for another host", {}, { host: "other-db" }, [], own],
    ["for another port", {}, { port: 5 }, [], own],
    ["without a host and without a target", {}, { host: undefined }, [], own],
    ["whose target has another host", {}, { host: undefined }, [{ host: "other-db", port: 1 }], own],
    ["whose target has another port", {}, { host: undefined }, [{ host: "db", port: 5 }], own],
    ["for the first of the secret's hosts alone", { hosts: ["evil:5"] }, {}, [], { host: "evil", port: 5 }],
    ["for the last of the secret's hosts alone", { hosts: ["db2"] }, { host: "db2" }, [], own],
  ])("an admin secret %s is refused on all of them, before a login", async (_form, fields, admin, targets, at) => {
    const stage = await created({ fields }, { [memoryAdminId]: admin }, adminOn(...targets));
    const login = vi.spyOn(stage.engine, "login");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "admin-secret-refused",
      context: { admin: memoryAdminId, problem: "it may not be used on this host and port", ...at },
      hint: expect.stringMatching(/REKEY_ADMIN_TARGETS \(template parameter AdminTargets\)/u),
    });
    expect(login.mock.calls.map(([, { username }]) => username)).not.toContain("admin");
  });

  test("nor to a server of another engine", async () => {
    const stage = await created({}, { [memoryAdminId]: { engine: "other" } });
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "admin-secret-refused",
      context: { admin: memoryAdminId, problem: "it is for another engine" },
    });
    expect(stage.engine.logins()).toBe(1);
  });

  test.each<[string, object, object, readonly HostAndPort[]]>([
    ["its own host in capitals", {}, { host: "DB" }, []],
    ["its own host and port", {}, { port: 1 }, []],
    ["no host, as RDS writes it, and a target", {}, { host: undefined, engine: undefined }, [own]],
    ["another host, and a target", {}, { host: "db-writer" }, [own]],
    ["its own host and a target for the secret's other one", { hosts: ["db2:7"] }, {}, [{ host: "DB2", port: 7 }]],
  ])("an admin secret with %s is used", async (_form, fields, admin, targets) => {
    const stage = await created({ fields }, { [memoryAdminId]: admin }, adminOn(...targets));
    await expect(stage.container()("setSecret")).resolves.toBe("done");
  });

  test("an engine without names takes an admin of any engine", async () => {
    const stage = await created({}, { [memoryAdminId]: { engine: "other" } });
    Object.assign(stage.engine, { names: [] });
    await expect(stage.container()("setSecret")).resolves.toBe("done");
  });
});

describe("how an admin's server is verified is the configuration's or the admin secret's to say", () => {
  const trustOf = async (
    fields: object,
    admin: object,
    grants: Partial<RotationGrants> = {},
    tlsCa?: string,
  ): Promise<DatabaseTarget["tls"] | undefined> => {
    const wiring = () => ({
      grants: { ...grantsOf(), ...adminOn(), ...grants },
      ...(tlsCa === undefined ? {} : { readTlsCa: async () => tlsCa }),
    });
    const stage = await created({ fields, tags: { "rekey:tls": "disable" }, wiring }, { [memoryAdminId]: admin });
    const login = vi.spyOn(stage.engine, "login");
    await stage.container()("setSecret");
    return login.mock.calls.find(([, { username }]) => username === "admin")?.[0].tls;
  };
  const weak = { ssl: false, sslrootcert: "PEM of the secret" };

  test("neither the rotated secret nor its tags have a part in it", async () => {
    await expect(trustOf(weak, {})).resolves.toStrictEqual({ mode: "verify-full" });
    await expect(trustOf(weak, {}, {}, "PEM of the function")).resolves.toStrictEqual({
      mode: "verify-full",
      ca: "PEM of the function",
    });
  });

  test("the admin secret's own words go before the function's", async () => {
    const said = { ssl: "verify-ca", sslrootcert: "PEM of the admin" };
    await expect(trustOf(weak, said, { adminTls: "require" }, "PEM of the function")).resolves.toStrictEqual({
      mode: "verify-ca",
      ca: "PEM of the admin",
    });
    await expect(trustOf(weak, {}, { adminTls: "require" })).resolves.toStrictEqual({ mode: "require" });
  });

  test("what is not verified in full is said in the log, and nothing otherwise", async () => {
    const verified = await created({}, { [memoryAdminId]: {} });
    await verified.container()("setSecret");
    expect(verified.reports).toEqual([]);
    const stage = await created({}, { [memoryAdminId]: { ssl: "require" } });
    await stage.container()("setSecret");
    expect(stage.reports.map((report): unknown => JSON.parse(report))).toEqual([
      { message: "the connection to the database is not fully verified", secret: memoryAdminId, tls: "require" },
    ]);
  });
});

describe("an admin secret that cannot be read", () => {
  const attempt = async (value: SecretValue) => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.store.others.set(memoryAdminId, { AWSCURRENT: value });
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    return stage.container()("setSecret");
  };

  test("is named in the error, with the field and what to do", async () => {
    await expect(attempt(memoryValue("x", { username: 7 }))).rejects.toMatchObject({
      code: "secret-malformed",
      context: { admin: memoryAdminId, field: "username", problem: "not a string" },
      hint: expect.stringMatching(/./) as unknown,
    });
    const port = await attempt(memoryValue("x", { username: "admin", host: "db:5432" })).catch(
      (error: unknown) => error,
    );
    expect(port).toMatchObject({ context: { admin: memoryAdminId, field: "host" } });
    expect(port).toMatchObject({ hint: expect.stringContaining("port") as unknown });
  });

  test("by a fault of rekey's own keeps that fault", async () => {
    const broken = new SecretValue("x");
    broken.reveal = () => {
      throw new TypeError("a fault");
    };
    await expect(attempt(broken)).rejects.toThrow(new TypeError("a fault"));
  });
});
