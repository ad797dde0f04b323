import { describe, expect, test, vi } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryRotation, memoryValue } from "../testing/memory-rotation.ts";

const fields = { hosts: ["db2", "db3:6000"] };
const credential = (password: string) => ({ username: "app", password: new SecretValue(password) });
const hosts = ["db", "db2", "db3"];

test("one credential is changed on all of its hosts", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await invoke(step);
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v1");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
  expect(stage.engine.refusedLogins()).toBe(0);
});

test("a host that cannot be reached: none is changed", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.unreachable.add("db3");
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "database-unreachable" });
  for (const host of hosts) expect(stage.engine.accepts(credential("old-password"), host)).toBe(true);
});

test("a host that fails in the middle: those before it are restored", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  let changes = 0;
  const invoke = stage.container(async (operation, work) => {
    if (operation === "setPassword" && ++changes === 3) throw new Error("cut");
    return work();
  });
  await expect(invoke("setSecret")).rejects.toThrow("cut");
  for (const host of hosts) expect(stage.engine.accepts(credential("old-password"), host)).toBe(true);
  await stage.container()("setSecret");
  await expect(stage.container()("testSecret")).resolves.toBe("done");
});

test("AWSPENDING with another list of hosts is refused before any contact", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const pending = stage.store.labelled("AWSPENDING")?.value.reveal() ?? "{}";
  const tampered = memoryRotation({ strategy: "single-user", fields });
  tampered.store.beginRotation("v1");
  const value = new SecretValue(JSON.stringify({ ...JSON.parse(pending), hosts: ["db2", "evil"] }));
  const request = { step: "createSecret", secretId: tampered.store.secretId, versionId: "v1" } as const;
  await tampered.store.putPending(request, value, { signal: AbortSignal.timeout(1_000) });
  await expect(tampered.container()("setSecret")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "hosts" },
  });
  expect(tampered.engine.logins()).toBe(0);
});

test("while the hosts are changed, one that fails leaves those behind it alone", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const login = vi.spyOn(stage.engine, "login");
  const invoke = stage.container(async (operation, work) => {
    if (operation === "setPassword" && login.mock.calls.at(-1)?.[0].host === "db2") throw new Error("cut");
    return work();
  });
  await expect(invoke("setSecret")).rejects.toThrow("cut");
  const asked = login.mock.calls.map(([target]) => target.host);
  expect(asked.slice(0, 5)).toEqual([...hosts, "db", "db2"]);
  expect(asked.slice(5)).not.toContain("db3");
});

test("hosts that cannot be restored: the others are, and the first one's failure is the error", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields: { hosts: ["db2", "db3", "db4"] } });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.cancelRotation();
  stage.engine.unreachable.add("db2");
  stage.engine.unreachable.add("db3");
  await expect(stage.container()("testSecret")).rejects.toMatchObject({
    code: "database-unreachable",
    context: { host: "db2" },
  });
  const restored = [...hosts, "db4"].filter((host) => stage.engine.accepts(credential("old-password"), host));
  expect(restored).toEqual(["db", "db4"]);
});

test("a credential that works on all hosts but one does not count as working", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.engine.give("app", ["old-password"], "db3");
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

describe("where AWSCURRENT does not log in, and a host fails in the middle", () => {
  const withInvented = async () => {
    const stage = memoryRotation({ strategy: "single-user", fields });
    stage.store.putByHand("hand", memoryValue("invented", fields));
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    let changes = 0;
    const invoke = stage.container(async (operation, work) => {
      if (operation === "setPassword" && ++changes === 2) throw new Error("cut");
      return work();
    });
    await expect(invoke("setSecret")).rejects.toThrow("cut");
    return { stage, changes };
  };

  test("nothing is put back, since nobody saw it log in; the version is marked before the first change", async () => {
    const { stage, changes } = await withInvented();
    expect(hosts.map((host) => stage.engine.accepts(credential("invented"), host))).toEqual([false, false, false]);
    expect(changes).toBe(2);
    const { labels } = await stage.store.describe(stage.store.secretId, { signal: AbortSignal.timeout(1_000) });
    expect(labels.get("v1")).toContain("rekey-recovered");
  });

  test("and a repetition goes on from there", async () => {
    const { stage } = await withInvented();
    for (const step of ["setSecret", "testSecret", "finishSecret"] as const) await stage.container()(step);
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
  });
});

test("what a session of any server tells against a change is heard before the first server is changed", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields: { hosts: ["db2"] } });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const { login } = stage.engine;
  vi.spyOn(stage.engine, "login").mockImplementation(async (target, credential, options) => {
    const outcome = await login(target, credential, options);
    if (!outcome.ok || target.host !== "db2") return outcome;
    const readOwnAccount = async () => Promise.reject(new RekeyError("database-read-only"));
    return { ok: true, session: { ...outcome.session, readOwnAccount } };
  });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "database-read-only" });
  expect(stage.engine.changes).toEqual([]);
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});
