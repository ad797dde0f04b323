import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { MirrorEntry } from "../rotation/ports.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { mirrorCurrent, secretArnOf } from "./mirror-current.ts";

const call = { signal: new AbortController().signal };
const id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";

test("what is current now is written, whatever the event said", async () => {
  const written: MirrorEntry[] = [];
  const mirror = {
    write: async (entry: MirrorEntry) => ({ revision: written.push(entry), written: true }),
  };
  const store = memoryStore(id, new SecretValue("first"));
  store.putByHand("v1", new SecretValue("second"));
  expect(await mirrorCurrent({ store, mirror }, id, call)).toEqual({
    outcome: "written",
    versionId: "v1",
    revision: 1,
  });
  expect(written[0]?.value.equals(new SecretValue("second"))).toBe(true);
});

test("a secret that is not there is gone, and its mirror is left", async () => {
  const store = memoryStore(id, new SecretValue("first"));
  const mirror = {
    write: async () => {
      throw new RekeyError("mirror-unavailable");
    },
  };
  expect(await mirrorCurrent({ store, mirror }, "arn:other", call)).toEqual({ outcome: "gone" });
  await expect(mirrorCurrent({ store, mirror }, id, call)).rejects.toMatchObject({ code: "mirror-unavailable" });
});

test.each(["not JSON", "7", '{"detail":null}', '{"detail":{"secretArn":"name-only"}}'])(
  "%s is event-malformed",
  (body) => {
    expect(() => secretArnOf(body)).toThrow(expect.objectContaining({ code: "event-malformed" }));
  },
);
