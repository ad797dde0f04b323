import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { memoryPublisher } from "../testing/memory-publisher.ts";
import { memorySecretId, memoryValue } from "../testing/memory-rotation.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { mirrorCurrent, secretArnOf } from "./mirror-current.ts";

const call = { signal: AbortSignal.timeout(5_000) };

function open() {
  const held: string[] = [];
  const mirror = {
    write: async ({ versionId }: { readonly versionId: string }) => {
      const written = held.at(-1) !== versionId;
      if (written) held.push(versionId);
      return { revision: held.length, written };
    },
  };
  return { store: memoryStore(memorySecretId, memoryValue("p")), mirror, publisher: memoryPublisher() };
}

test("what was mirrored is told with its revision", async () => {
  const ports = open();
  await expect(mirrorCurrent(ports, memorySecretId, call)).resolves.toMatchObject({ outcome: "written", revision: 1 });
  expect(ports.publisher.events).toMatchObject([
    { type: "Secret Mirrored", secretArn: memorySecretId, versionId: "v0", revision: 1, written: true },
  ]);
});

test("a mirror that died before it could tell, tells when it is asked again", async () => {
  const ports = open();
  const publisher = { publish: async () => Promise.reject(new RekeyError("events-unavailable")) };
  await expect(mirrorCurrent({ ...ports, publisher }, memorySecretId, call)).rejects.toMatchObject({
    code: "events-unavailable",
  });
  await expect(mirrorCurrent(ports, memorySecretId, call)).resolves.toMatchObject({ outcome: "unchanged" });
  expect(ports.publisher.events).toMatchObject([{ type: "Secret Mirrored", versionId: "v0", written: false }]);
});

test("a secret that is gone is not told of", async () => {
  const ports = open();
  await expect(mirrorCurrent(ports, "arn:other", call)).resolves.toEqual({ outcome: "gone" });
  expect(ports.publisher.events).toEqual([]);
});

test("what is current now is written, whatever the event said", async () => {
  const ports = open();
  const written: SecretValue[] = [];
  const mirror = {
    write: async ({ value }: { readonly value: SecretValue }) => ({ revision: written.push(value), written: true }),
  };
  ports.store.putByHand("v1", memoryValue("second"));
  await expect(mirrorCurrent({ ...ports, mirror }, memorySecretId, call)).resolves.toMatchObject({ versionId: "v1" });
  expect(written[0]?.equals(memoryValue("second"))).toBe(true);
});

test("a mirror that cannot be written is passed on, so that the message comes again", async () => {
  const mirror = { write: async () => Promise.reject(new RekeyError("mirror-unavailable")) };
  await expect(mirrorCurrent({ ...open(), mirror }, memorySecretId, call)).rejects.toMatchObject({
    code: "mirror-unavailable",
  });
});

test.each(["not JSON", "7", '{"detail":null}', '{"detail":{"secretArn":"name-only"}}'])(
  "%s is event-malformed",
  (body) => {
    expect(() => secretArnOf(body)).toThrow(expect.objectContaining({ code: "event-malformed" }));
  },
);
