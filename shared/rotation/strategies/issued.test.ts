import { expect, test, vi } from "vitest";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memoryRotation } from "../../testing/memory-rotation.ts";
import { issued } from "./issued.ts";

test("an issuer is told what is known of the secret, and what follows from its credential is stored with it", async () => {
  const histories: unknown[] = [];
  const stage = memoryRotation({
    strategy: "issued",
    fields: { note: "kept", keys: ["old"] },
    wiring: (engine) => {
      const issuer: CredentialIssuer = {
        revokeOthers: engine.revokeOthers,
        async issue(_target, current, _call, history) {
          histories.push(history);
          const { username } = current;
          return { username, password: new SecretValue("made") };
        },
        computedMembers: ({ note }, { password }) => ({ keys: [note, password.reveal()], made: 1 }),
      };
      return { strategies: { issued: issued({ ...engine, ...issuer }) } };
    },
  });
  const lastRotatedAt = new Date(1_000);
  const describe = stage.store.describe.bind(stage.store);
  vi.spyOn(stage.store, "describe").mockImplementation(async (...args) => ({
    ...(await describe(...args)),
    lastRotatedAt,
  }));
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  expect(histories).toEqual([{ lastRotatedAt, earlier: expect.any(Function) }]);
  expect(JSON.parse(stage.store.labelled("AWSPENDING")?.value.reveal() ?? "{}")).toMatchObject({
    note: "kept",
    password: "made",
    keys: ["kept", "made"],
    made: 1,
  });
});
