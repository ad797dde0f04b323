import { describe, expect, test, vi } from "vitest";
import { isRekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };

/**
 * A rotation whose credentials are both dead, over a history of earlier values: the last of them is AWSPREVIOUS, those
 * before have no label.
 */
async function withHistory(...history: readonly SecretValue[]): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy: "single-user" });
  for (const [index, value] of [...history, memoryValue("current")].entries()) {
    stage.store.putByHand(`h${index}`, value);
  }
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  return stage;
}

/** The passwords of the history that setSecret offers to the database, in order. */
async function offered(stage: MemoryRotation): Promise<readonly string[]> {
  const login = vi.spyOn(stage.engine, "login");
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "credential-orphaned" });
  return login.mock.calls.slice(2).map(([, { username, password }]) => `${username} ${password.reveal()}`);
}

test("AWSPREVIOUS is offered first, then the three newest versions without a label, and no more", async () => {
  const passwords = ["p1", "p2", "p3", "p4", "p5"];
  const stage = await withHistory(...passwords.map((password) => memoryValue(password)));
  stage.engine.give("app", ["changed by hand"]);
  await expect(offered(stage)).resolves.toEqual(["app p5", "app p4", "app p3", "app p2"]);
});

test("AWSPREVIOUS is not asked for where the secret has none", async () => {
  const stage = await withHistory();
  const first = memoryRotation({ strategy: "single-user" });
  first.store.beginRotation("v1");
  await first.container()("createSecret");
  first.engine.give("app", ["changed by hand"]);
  stage.engine.give("app", ["changed by hand"]);
  const asked = async ({ store, container }: MemoryRotation): Promise<readonly unknown[]> => {
    const read = vi.spyOn(store, "read");
    await expect(container()("setSecret")).rejects.toMatchObject({ code: "credential-orphaned" });
    return read.mock.calls.map(([, { label }]) => label);
  };
  expect(await asked(first)).not.toContain("AWSPREVIOUS");
  expect(await asked(stage)).toContain("AWSPREVIOUS");
});

test("the first that logs in ends the search, though another was refused before it", async () => {
  const stage = await withHistory(memoryValue("p1"), memoryValue("p2"), memoryValue("p3"));
  stage.engine.give("app", ["p2"]);
  await expect(stage.container()("setSecret")).resolves.toBe("done");
  expect(stage.logsIn("AWSPENDING")).toBe(true);
  expect(stage.engine.refusedLogins()).toBe(3);
});

test("values of another host, port or user, and values that are no credential, are passed over", async () => {
  const stage = await withHistory(
    new SecretValue("[]"),
    memoryValue("p2", { host: "elsewhere" }),
    memoryValue("p3", { port: 5 }),
    new SecretValue("not JSON"),
  );
  const { labels } = await stage.store.describe(stage.store.secretId, call);
  expect(labels.get("h3")).toEqual(["AWSPREVIOUS"]);
  stage.engine.give("app", ["changed by hand"]);
  await expect(offered(stage)).resolves.toEqual(["app old-password"]);
  const other = await withHistory(memoryValue("p1", { username: "root" }), memoryValue("p2", { host: "DB" }));
  other.engine.give("app", ["changed by hand"]);
  await expect(offered(other)).resolves.toEqual(["app p2", "app old-password"]);
});

test("a version that names another user's ARN is passed over: it proves nothing about this one", async () => {
  const user_arn = "arn:aws:elasticache:us-east-1:123456789012:user:another";
  const stage = await withHistory(memoryValue("p1"), memoryValue("of another", { user_arn }));
  stage.engine.give("app", ["of another"]);
  await expect(offered(stage)).resolves.toEqual(["app p1", "app old-password"]);
});

test("a credential is offered once, however many values have it, so that the one before them is found", async () => {
  const byHand = Array.from({ length: 6 }, (_, note) => memoryValue("p2", { note }));
  const stage = await withHistory(memoryValue("p1"), ...byHand);
  stage.engine.give("app", ["p1"]);
  await expect(stage.container()("setSecret")).resolves.toBe("done");
  expect(stage.logsIn("AWSPENDING")).toBe(true);
  expect(stage.engine.refusedLogins()).toBe(3);
});

test("what AWSCURRENT has is not offered again from an earlier version", async () => {
  const stage = await withHistory(memoryValue("p1"), memoryValue("current", { note: 1 }), memoryValue("current"));
  stage.engine.give("app", ["changed by hand"]);
  await expect(offered(stage)).resolves.toEqual(["app p1", "app old-password"]);
});

describe("an earlier version's credential goes where that version says", () => {
  async function targetsOfEarlier(earlier: object, current: object) {
    const stage = memoryRotation({ strategy: "single-user", fields: { port: 1, ...earlier } });
    stage.store.putByHand("hand", memoryValue("invented", { port: 1, ...current }));
    stage.engine.give("app", ["old-password"], "db2");
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    const login = vi.spyOn(stage.engine, "login");
    const outcome = await stage
      .container()("setSecret")
      .catch((error: unknown) => isRekeyError(error) && error.code);
    const offered = login.mock.calls.filter(([, { password }]) => password.reveal() === "old-password");
    return { outcome, offered: offered.map(([{ host, port, tls }]) => ({ host, port, tls })) };
  }

  test("with the TLS trust of its own", async () => {
    const trusted = { ssl: "verify-ca", sslrootcert: "PEM of the earlier version" };
    await expect(targetsOfEarlier(trusted, { ssl: false, sslrootcert: "PEM of an attacker" })).resolves.toEqual({
      outcome: "done",
      offered: [{ host: "db", port: 1, tls: { mode: "verify-ca", ca: "PEM of the earlier version" } }],
    });
  });

  test("on each of the hosts that both list", async () => {
    const hosts = { hosts: ["db2"] };
    await expect(targetsOfEarlier(hosts, hosts)).resolves.toMatchObject({
      outcome: "done",
      offered: [{ host: "db" }, { host: "db2" }],
    });
    await expect(targetsOfEarlier(hosts, {})).resolves.toMatchObject({ outcome: "done", offered: [{ host: "db" }] });
  });

  test("and nowhere when AWSCURRENT lists a host that it does not: the new password would go there too", async () => {
    await expect(targetsOfEarlier({}, { hosts: ["evil"] })).resolves.toEqual({
      outcome: "credential-orphaned",
      offered: [],
    });
  });
});
