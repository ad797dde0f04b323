import { expect, test, vi } from "vitest";
import { fakeSecretClient } from "../../testing/fake-secret-client.ts";
import { credentialCandidates } from "./credential-candidates.ts";

const all = async (client: ReturnType<typeof fakeSecretClient>, refused: Set<string>): Promise<string[]> => {
  const found: string[] = [];
  for await (const { versionId } of credentialCandidates(client, "a", refused)) {
    found.push(versionId);
    refused.add(versionId);
  }
  return found;
};

test("the cached version comes first, then AWSCURRENT as it is now, then AWSPENDING, and each once", async () => {
  await using client = fakeSecretClient({ a: "one" });
  const { versionId: cached } = await client.get("a");
  const current = client.secrets.put("a", "two");
  const pending = client.secrets.putPending("a", "three");
  expect(await all(client, new Set())).toEqual([cached, current, pending]);
});

test("nothing more is read than is looked at", async () => {
  await using client = fakeSecretClient({ a: "one" });
  const [refresh, pending] = [vi.spyOn(client, "refresh"), vi.spyOn(client, "pending")];
  const candidates = credentialCandidates(client, "a", new Set());
  await candidates.next();
  expect([refresh.mock.calls, pending.mock.calls]).toEqual([[], []]);
});

test("versions that were refused before are left out, and one that appears later is found within three rounds", async () => {
  await using client = fakeSecretClient({ a: "one" });
  const { versionId: cached } = await client.get("a");
  const refresh = vi.spyOn(client, "refresh");
  expect(await all(client, new Set([cached]))).toEqual([]);
  expect(refresh).toHaveBeenCalledTimes(3);
  let appeared = "";
  const pending = vi.spyOn(client, "pending").mockImplementationOnce(async () => {
    appeared = client.secrets.put("a", "two");
    return undefined;
  });
  expect(await all(client, new Set([cached]))).toEqual([appeared]);
  expect(pending).toHaveBeenCalledTimes(3);
});
