import { expect, test } from "vitest";
import { memoryVault } from "../../tests/support/memory-vault.ts";
import { heldRevision } from "./held-revision.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const path = "secret/data/app";
const at = new Date(1_000);
const empty = { revision: 0, fields: undefined, isDeleted: false, owner: undefined };

/** What is found after the key was written and this was done to it. */
async function heldAfter(...requests: readonly (readonly ["write" | "patch" | "delete", string, object?])[]) {
  const vault = memoryVault(at.getTime());
  await vault.ask("write", path, { data: { password: "one" } });
  for (const [verb, of, body] of requests) await vault.ask(verb, of, body);
  return heldRevision(vault.send, path, call);
}
const answered = async (status: number, body: unknown) => heldRevision(async () => ({ status, body }), path, call);

test("before the first write there is revision 0, and nothing is deleted", async () => {
  expect(await heldRevision(memoryVault().send, path, call)).toEqual(empty);
});

test("the newest revision has its number, its fields and its time", async () => {
  const two = { data: { password: "two" } };
  expect(await heldAfter(["write", path, two])).toEqual({
    revision: 2,
    fields: two.data,
    isDeleted: false,
    owner: undefined,
    at,
  });
});

test("a deleted revision can be undeleted, a destroyed one cannot; neither has fields", async () => {
  const without = { revision: 1, fields: undefined, owner: undefined, at };
  const versions = { versions: [1] };
  expect(await heldAfter(["write", "secret/delete/app", versions])).toEqual({ ...without, isDeleted: true });
  expect(await heldAfter(["write", "secret/destroy/app", versions])).toEqual({ ...without, isDeleted: false });
});

test("the owner is the one of the key's custom metadata", async () => {
  const custom_metadata = { rekey_secret_arn: "arn", rekey_since_revision: "1", rekey_version_id: "v1" };
  const held = await heldAfter(["patch", "secret/metadata/app", { custom_metadata }]);
  expect(held.owner).toEqual({ owner: "arn", sinceRevision: 1, versionId: "v1" });
});

test("data that is no object has no fields", async () => {
  const answer = await answered(200, { data: { data: "text", metadata: { version: 1 } } });
  expect(answer).toMatchObject({ revision: 1, fields: undefined });
});

test.each([
  ["nanoseconds, which are cut", "2026-01-02T03:04:05.678901234Z", { at: new Date("2026-01-02T03:04:05.678Z") }],
  ["no time", "yesterday", {}],
  ["a number", 1_000, {}],
])("the time is left out unless it is one: %s", async (_what, created_time, time) => {
  const body = { data: { data: {}, metadata: { version: 3, created_time } } };
  expect(await answered(200, body)).toEqual({ revision: 3, fields: {}, isDeleted: false, owner: undefined, ...time });
});

test.each([
  ["a list of errors that says something", 404, { errors: ["no handler for route"] }, "mirror-rejected"],
  ["no errors", 404, {}, "mirror-rejected"],
  ["errors that are no list", 404, { errors: "" }, "mirror-rejected"],
  ["no errors, and another status", 400, { errors: [] }, "mirror-rejected"],
  ["a revision, and a refusal", 403, { data: { metadata: { version: 1 } } }, "mirror-unauthorized"],
  ["a revision that is no number", 200, { data: { data: {}, metadata: { version: "1" } } }, "mirror-rejected"],
  ["an outage", 503, { errors: [] }, "mirror-unavailable"],
])("an answer with %s is no key: status %i, %j", async (_what, status, body, code) => {
  await expect(answered(status, body)).rejects.toMatchObject({ code, context: { operation: "read", path, status } });
});
