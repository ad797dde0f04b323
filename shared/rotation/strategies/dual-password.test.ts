import { describe, expect, test, vi } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";
import type { SecretPasswords } from "../../ports/database-engine.ts";
import { dualPassword } from "./dual-password.ts";

const call = { signal: new AbortController().signal };
const app = (password: string) => ({ username: "app", password: new SecretValue(password) });
const orphaned = { code: "credential-orphaned", context: { user: "app" } };

test("a password changed back to AWSPREVIOUS is recovered without an admin", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.putByHand("v0b", memoryValue("new-password"));
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret"] as const) await stage.container()(step);
  expect([stage.logsIn("AWSCURRENT"), stage.logsIn("AWSPREVIOUS"), stage.logsIn("AWSPENDING")]).toEqual([
    false,
    true,
    true,
  ]);
});

test.each([
  ["without an admin", undefined],
  ["with an admin that is refused as well", { masterarn: memoryAdminId }],
])("when no stored version logs in, a human is called (%s)", async (_who, fields) => {
  const stage = memoryRotation({ strategy: "dual-password", ...(fields === undefined ? {} : { fields }) });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.give("app", ["changed by hand"]);
  stage.engine.give("admin", ["changed by hand"]);
  await expect(stage.container()("setSecret")).rejects.toMatchObject(orphaned);
});

test("a set password that testSecret finds refused is taken away again; the current one stays alone", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  const pending = parseDatabaseSecret(stage.store.labelled("AWSPENDING")?.value ?? memoryValue(""));
  vi.spyOn(stage.engine, "login").mockResolvedValueOnce({ ok: false, refusal: "bad-credential" });
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect([stage.engine.accepts(app("old-password")), stage.engine.accepts(pending)]).toEqual([true, false]);
});

test("a value put by hand after setSecret is not installed: the version before it becomes the only password", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand", memoryValue("typed-by-hand"));
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect([stage.engine.accepts(app("typed-by-hand")), stage.engine.accepts(app("old-password"))]).toEqual([
    false,
    true,
  ]);
});

test("a restored password that does not log in calls a human", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  const pending = parseDatabaseSecret(stage.store.labelled("AWSPENDING")?.value ?? memoryValue("")).password;
  stage.engine.give("app", [pending.reveal()]);
  stage.store.cancelRotation();
  const invoke = stage.container(async <Result>(operation: string, work: () => Promise<Result>) =>
    operation === "keepOnly" ? (undefined as Result) : work(),
  );
  await expect(invoke("testSecret")).rejects.toMatchObject(orphaned);
});

test("AWSPENDING of another user is refused before any contact", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.beginRotation("v1");
  const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" } as const;
  await stage.store.putPending(request, memoryValue("whatever", { username: "root" }), call);
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "username" },
  });
  expect(stage.engine.logins()).toBe(0);
});

describe("an AWSCURRENT that nobody saw log in is never installed", () => {
  const invented = memoryValue("invented");
  const owned = { username: "app", host: "db", port: 1 };

  test("next to AWSPENDING, when AWSPREVIOUS proves the user", async () => {
    const stage = memoryRotation({ strategy: "dual-password" });
    stage.store.putByHand("hand", invented);
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    expect([stage.engine.accepts(app("invented")), stage.logsIn("AWSPENDING")]).toEqual([false, true]);
  });

  test("by an admin who replaces a lost password: AWSPENDING becomes the only one", async () => {
    const stage = memoryRotation({ strategy: "dual-password", fields: { masterarn: memoryAdminId }, grants: [owned] });
    stage.engine.give("app", ["changed by hand"]);
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    expect([stage.engine.accepts(app("old-password")), stage.engine.accepts(app("changed by hand"))]).toEqual([
      false,
      false,
    ]);
    expect(stage.logsIn("AWSPENDING")).toBe(true);
  });

  test("when AWSPENDING logs in already, nothing is changed", async () => {
    const stage = memoryRotation({ strategy: "dual-password" });
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    const pending = parseDatabaseSecret(stage.store.labelled("AWSPENDING")?.value ?? memoryValue("")).password;
    stage.engine.give("app", [pending.reveal()]);
    await expect(stage.container()("setSecret")).resolves.toBe("done");
    expect([stage.engine.accepts(app("old-password")), stage.logsIn("AWSPENDING")]).toEqual([false, true]);
  });

  test("by a rollback after a recovery: a human is called, and AWSPENDING stays", async () => {
    const stage = memoryRotation({ strategy: "dual-password" });
    stage.store.putByHand("hand", invented);
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    stage.engine.give("app", ["old-password"]);
    await expect(stage.container()("testSecret")).rejects.toMatchObject(orphaned);
    expect([stage.engine.accepts(app("invented")), stage.store.versionIdOf("AWSPENDING")]).toEqual([false, "v1"]);
  });

  test("by a retirement", async () => {
    const stage = memoryRotation({ strategy: "dual-password", tags: { "rekey:grace": "1h" } });
    stage.store.putByHand("hand", invented);
    await expect(stage.container()("retirePrevious", "hand", true)).rejects.toMatchObject(orphaned);
    expect([stage.engine.accepts(app("invented")), stage.engine.accepts(app("old-password"))]).toEqual([false, true]);
  });
});

test("an admin that does not log in is not passed over, though the user itself could change", async () => {
  const stage = memoryRotation({ strategy: "dual-password", fields: { masterarn: memoryAdminId } });
  stage.engine.give("admin", ["changed by hand"]);
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  await expect(stage.container()("setSecret")).rejects.toMatchObject(orphaned);
  expect(stage.engine.accepts(app("old-password"))).toBe(true);
});

describe("a server that keeps several passwords is told which are the secret's", () => {
  /** What the session of each change is told, the store being asked. */
  async function told(lastRotatedAt?: Date) {
    const asked: unknown[] = [];
    const stage = memoryRotation({
      strategy: "dual-password",
      tags: { "rekey:grace": "0m" },
      wiring: (engine) => {
        const telling: typeof engine = {
          ...engine,
          async login(...login) {
            const result = await engine.login(...login);
            if (!result.ok) return result;
            const note = async (own: SecretPasswords | undefined): Promise<void> => {
              const earlier = await own?.earlier();
              asked.push({ wasRotated: own?.wasRotated, earlier: earlier?.map((password) => password.reveal()) });
            };
            const { session } = result;
            return {
              ok: true,
              session: {
                ...session,
                keepBoth: async (current, next, options, own) =>
                  note(own).then(() => session.keepBoth(current, next, options)),
                keepOnly: async (credential, options, own) =>
                  note(own).then(() => session.keepOnly(credential, options)),
              },
            };
          },
        };
        return { engine: telling, strategies: { "dual-password": dualPassword(telling) } };
      },
    });
    const describe = stage.store.describe.bind(stage.store);
    vi.spyOn(stage.store, "describe").mockImplementation(async (...args) => ({
      ...(await describe(...args)),
      ...(lastRotatedAt === undefined ? {} : { lastRotatedAt }),
    }));
    return { stage, asked };
  }
  const passwordAt = ({ store }: MemoryRotation, label: string): string =>
    parseDatabaseSecret(store.labelled(label)?.value ?? memoryValue("")).password.reveal();

  test("in a first rotation, also after one that was given up", async () => {
    const { stage, asked } = await told();
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    const abandoned = passwordAt(stage, "AWSPENDING");
    stage.store.beginRotation("v2");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step, "v2");
    expect(asked).toEqual([
      { wasRotated: false, earlier: ["old-password"] },
      { wasRotated: false, earlier: ["old-password", abandoned] },
    ]);
  });

  test("when it is retired, and when it is put back", async () => {
    const { stage, asked } = await told(new Date());
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
      await stage.container()(step);
    await stage.container()("retirePrevious", "v1", true);
    expect(asked.at(-1)).toEqual({ wasRotated: true, earlier: ["old-password"] });
    stage.store.beginRotation("v2");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step, "v2");
    const pending = passwordAt(stage, "AWSPENDING");
    stage.store.cancelRotation();
    await expect(stage.container()("testSecret", "v2")).rejects.toMatchObject({ code: "rotation-disabled" });
    expect(asked.at(-1)).toEqual({ wasRotated: true, earlier: [pending, "old-password"] });
  });
});

test("the passwords that an engine is told are the secret's are those of its user, in every version", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.putByHand("other", memoryValue("of another user", { username: "other" }));
  stage.store.putByHand("v0b", memoryValue("old-password"));
  stage.store.putByHand("v0c", memoryValue("old-password"));
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const told: (readonly SecretValue[] | undefined)[] = [];
  const { login } = stage.engine;
  vi.spyOn(stage.engine, "login").mockImplementation(async (target, credential, options) => {
    const outcome = await login(target, credential, options);
    if (!outcome.ok) return outcome;
    const { keepBoth } = outcome.session;
    const session: typeof outcome.session = {
      ...outcome.session,
      async keepBoth(current, next, callOptions, own) {
        told.push(await own?.earlier());
        return keepBoth(current, next, callOptions, own);
      },
    };
    return { ok: true, session };
  });
  await stage.container()("setSecret");
  expect(told[0]?.map((password) => password.reveal())).not.toContain("of another user");
});

describe("where each password is for a mechanism of its own", () => {
  const staged = (fields: object = {}): MemoryRotation =>
    memoryRotation({
      strategy: "dual-password",
      fields,
      wiring: (engine) => {
        const telling: typeof engine = {
          ...engine,
          dualMechanism: ({ saslMechanism = "B" }) => (saslMechanism === "B" ? "A" : "B"),
        };
        return { engine: telling, strategies: { "dual-password": dualPassword(telling) } };
      },
    });
  const mechanismAt = ({ store }: MemoryRotation, label: string): string | undefined =>
    parseDatabaseSecret(store.labelled(label)?.value ?? memoryValue("")).saslMechanism;

  test("the next version of the secret names the other one", async () => {
    for (const [fields, next] of [
      [{}, "A"],
      [{ sasl_mechanism: "A" }, "B"],
    ] as const) {
      const stage = staged(fields);
      stage.store.beginRotation("v1");
      for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
      expect(mechanismAt(stage, "AWSPENDING")).toBe(next);
    }
  });

  test("an AWSPENDING for the current one's mechanism is refused before any contact", async () => {
    const stage = staged({ sasl_mechanism: "A" });
    stage.store.beginRotation("v1");
    const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" } as const;
    await stage.store.putPending(request, memoryValue("whatever", { sasl_mechanism: "A" }), call);
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "pending-tampered",
      context: { field: "sasl_mechanism" },
    });
    expect(stage.engine.logins()).toBe(0);
  });
});
