import { expect, test, vi } from "vitest";
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
