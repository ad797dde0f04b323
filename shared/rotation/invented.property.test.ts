import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDatabaseSecret } from "../secrets/database-secret.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../testing/memory-rotation.ts";
import type { Credential } from "../ports/database-engine.ts";
import type { RotationStep } from "../ports/rotation.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];

/** Secrets Manager runs one step after the other, and all of them again after one that failed; a container may be a new one. */
const step = fc.record({ cold: fc.boolean() });
/** Whoever may put a value of the secret and cannot read one: what it puts is invented, but for what everyone knows. */
const put = fc.record({
  hosts: fc.constantFrom(undefined, ["evil"], ["db2", "evil"], ["db2"]),
  ssl: fc.constantFrom(undefined, false),
  masterarn: fc.constantFrom(undefined, memoryAdminId),
});
const move = fc.oneof(
  { weight: 6, arbitrary: step },
  { weight: 2, arbitrary: fc.record({ put }) },
  {
    weight: 1,
    arbitrary: fc.record({ other: fc.constantFrom("cancel", "begin", "retire", "by hand in the database") }),
  },
);

/** The attacker's server takes every login, and keeps what it is offered. */
function withAttackersServer(stage: MemoryRotation): readonly Credential[] {
  const offered: Credential[] = [];
  const login = stage.engine.login.bind(stage.engine);
  stage.engine.login = async (target, credential, call) => {
    if (target.host !== "evil") return login(target, credential, call);
    offered.push(credential);
    stage.engine.give(credential.username, [credential.password.reveal()], "evil");
    return login(target, credential, call);
  };
  return offered;
}

describe.each(["single-user", "dual-password", "alternating-users"] as const)("%s", (strategy) => {
  test("what an attacker put is never installed, and no password reaches the attacker's server", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 14 }), async (moves) => {
        const owned = ["db", "db2"].map((host) => ({ username: "app", host, port: 1 }));
        const stage = memoryRotation({ strategy, tags: { "rekey:grace": "1h" }, grants: owned });
        const offered = withAttackersServer(stage);
        const invented = new Set<string>();
        let rotations = 1;
        let succeeded = 0;
        let warm = stage.container();
        stage.store.beginRotation("v1");
        for (const one of moves) {
          const version = `v${rotations}`;
          if ("cold" in one) {
            if (one.cold) warm = stage.container();
            const step = steps[succeeded % steps.length] ?? "createSecret";
            succeeded = await warm(step, version).then(
              () => succeeded + 1,
              () => 0,
            );
          } else if ("put" in one) {
            const password = `invented-${invented.size}`;
            invented.add(password);
            stage.store.putByHand(password, memoryValue(password, one.put));
          } else if (one.other === "cancel") stage.store.cancelRotation();
          else if (one.other === "begin") {
            succeeded = 0;
            stage.store.beginRotation(`v${++rotations}`);
          } else if (one.other === "retire") {
            const current = stage.store.versionIdOf("AWSCURRENT") ?? "";
            await stage
              .container()("retirePrevious", current, true)
              .catch(() => undefined);
          } else stage.engine.give("app", ["known to its owner alone"]);

          const installed = ["db", "db2"].flatMap((host) =>
            stage.store
              .stored()
              .map(({ value }) => parseDatabaseSecret(value))
              .filter(
                (credential) => invented.has(credential.password.reveal()) && stage.engine.accepts(credential, host),
              ),
          );
          expect(installed).toEqual([]);
        }
        expect(offered.map(({ password }) => password.reveal()).filter((password) => !invented.has(password))).toEqual(
          [],
        );
      }),
      { numRuns: sampledRuns(600) },
    );
  });
});
