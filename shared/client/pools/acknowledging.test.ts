import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../testing/fake-secret-client.ts";
import type { Acknowledge } from "./rotating-options.ts";
import { acknowledging } from "./acknowledging.ts";

let client: FakeSecretClient;
let versionId: string;
const acknowledge = vi.fn<Acknowledge>();

beforeEach(async () => {
  client = fakeSecretClient({ a: "one" });
  ({ versionId } = await client.get("a"));
  acknowledge.mockReset().mockResolvedValue();
});
afterEach(async () => client.close());

test("a version that is alone in use is reported once", () => {
  const { alone } = acknowledging({ client, secretId: "a", acknowledge });
  alone(versionId);
  alone(versionId);
  expect(acknowledge.mock.calls).toEqual([[{ secretId: "a", versionId }]]);
});

test("a version that is not AWSCURRENT is not told, since it may be rolled back", () => {
  acknowledging({ client, secretId: "a", acknowledge }).alone("pending");
  acknowledging({ client, secretId: "unread", acknowledge }).alone(versionId);
  expect(acknowledge).not.toHaveBeenCalled();
});

test("without anybody to tell nothing happens", () => {
  const peek = vi.spyOn(client, "peek");
  acknowledging({ client, secretId: "a" }).alone(versionId);
  expect(peek).not.toHaveBeenCalled();
});

test("each version is reported when its turn comes", async () => {
  const { alone } = acknowledging({ client, secretId: "a", acknowledge });
  alone(versionId);
  const next = await client.rotate("a", "two");
  alone(next);
  expect(acknowledge.mock.calls.map(([told]) => told.versionId)).toEqual([versionId, next]);
});

test("what failed is reported, and told again after five seconds", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const heard: unknown[] = [];
  client.on("error", (failure) => heard.push(failure));
  const error = new RekeyError("event-rejected");
  acknowledge.mockRejectedValueOnce(error).mockImplementationOnce(() => {
    throw new TypeError("canary");
  });
  const { alone } = acknowledging({ client, secretId: "a", acknowledge });
  alone(versionId);
  await turn();
  now.mockReturnValue(5_999);
  alone(versionId);
  expect([acknowledge.mock.calls.length, heard]).toEqual([1, [{ secretId: "a", error }]]);
  now.mockReturnValue(6_000);
  alone(versionId);
  await turn();
  now.mockReturnValue(11_000);
  alone(versionId);
  await turn();
  alone(versionId);
  expect([acknowledge.mock.calls.length, heard.length]).toEqual([3, 1]);
  now.mockRestore();
});

test("a failure that comes after the next version was told does not have it told again", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  const first = Promise.withResolvers<void>();
  acknowledge.mockReturnValueOnce(first.promise);
  const { alone } = acknowledging({ client, secretId: "a", acknowledge });
  alone(versionId);
  const next = await client.rotate("a", "two");
  alone(next);
  first.reject(new Error("late"));
  await turn();
  now.mockReturnValue(99_000);
  alone(next);
  expect(acknowledge).toHaveBeenCalledTimes(2);
  now.mockRestore();
});
