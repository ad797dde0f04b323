import fc from "fast-check";
import { expect, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { foreignFunction, openAnnounceStage, type AnnounceStage } from "../support/announce-stage.ts";
import { sampledRuns } from "../support/sampled.ts";

const ofLabel = ({ native }: AnnounceStage): EventEnvelope[] =>
  native.filter((event) => event["detail-type"] === "Secret Label Updated");
const rotated = ({ told }: AnnounceStage): unknown[] =>
  told.filter((event) => event["detail-type"] === "Secret Rotated").map(({ detail }) => detail);

test("a rotation that announced itself is not announced again", async () => {
  const stage = await openAnnounceStage();
  const versionId = await stage.rotate();
  const [event, ...others] = ofLabel(stage);
  expect(others).toEqual([]);
  expect(event && (await stage.announce(event, true))).toBe("known");
  expect(event && (await stage.announce(event, false))).toBe("known");
  expect(rotated(stage)).toEqual([expect.objectContaining({ versionId, origin: "rotation", strategy: "single-user" })]);
});

test("a rotation whose own publication is lost is announced, once it has had its time", async () => {
  const stage = await openAnnounceStage();
  stage.faults.inject({ service: "events", operation: "PutEvents", kind: "refuse" });
  const versionId = await stage.rotate();
  expect(await stage.currentVersion()).toBe(versionId);
  stage.faults.clear();
  expect(stage.told).toEqual([]);
  const [event] = ofLabel(stage);
  expect(event && (await stage.announce(event, true))).toBe("under-way");
  expect(stage.told).toEqual([]);
  expect(event && (await stage.announce(event, false))).toBe("announced");
  expect(rotated(stage)).toEqual([expect.objectContaining({ versionId, origin: "rotation" })]);
});

test("a value put by hand is announced as external, with the version that it replaced", async () => {
  const stage = await openAnnounceStage();
  const previousVersionId = await stage.rotate();
  const versionId = await stage.putByHand();
  const event = ofLabel(stage).at(-1);
  expect(event && (await stage.announce(event, true))).toBe("announced");
  expect(rotated(stage).at(-1)).toMatchObject({ versionId, previousVersionId, origin: "external", strategy: "none" });
});

test("AWSCURRENT moved back by hand is announced as external", async () => {
  const stage = await openAnnounceStage();
  const before = await stage.currentVersion();
  const after = await stage.rotate();
  await stage.clock.advance(5_000);
  const move = { MoveToVersionId: before, RemoveFromVersionId: after };
  await stage.api.updateSecretVersionStage({ SecretId: stage.secretId, VersionStage: "AWSCURRENT", ...move });
  const event = ofLabel(stage).at(-1);
  expect(event && (await stage.announce(event, true))).toBe("announced");
  expect(rotated(stage).at(-1)).toMatchObject({ versionId: before, previousVersionId: after, origin: "external" });
});

test("a rotation by somebody else's function, which publishes nothing, is announced", async () => {
  const stage = await openAnnounceStage();
  const versionId = await stage.rotate(foreignFunction);
  const [event] = ofLabel(stage);
  expect(stage.told).toEqual([]);
  expect(event && (await stage.announce(event, true))).toBe("announced");
  expect(rotated(stage)).toEqual([expect.objectContaining({ versionId, origin: "external" })]);
});

test("of two changes in a row the older one's event says nothing", async () => {
  const stage = await openAnnounceStage();
  await stage.putByHand();
  const versionId = await stage.putByHand();
  const [older, newer] = ofLabel(stage);
  expect(newer && (await stage.announce(newer, true))).toBe("announced");
  expect(older && (await stage.announce(older, true))).toBe("superseded");
  expect(rotated(stage)).toEqual([expect.objectContaining({ versionId })]);
});

test("a secret that rekey does not manage is not even described", async () => {
  const stage = await openAnnounceStage();
  await stage.api.createSecret({ Name: "other/app", SecretString: "x" });
  const described = stage.faults.inject({ service: "secretsmanager", operation: "DescribeSecret", kind: "refuse" });
  const event = ofLabel(stage).at(-1);
  expect(event && (await stage.announce(event, true))).toBe("foreign");
  expect(described.struck).toBe(0);
  expect(stage.told).toEqual([]);
});

test("rotations that fail, hand edits and lost publications in any order: what is current in the end was announced", async () => {
  const action = fc.constantFrom("rotate", "rotate, bus down", "rotate, dies", "put by hand");
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 4 }), fc.boolean(), async (actions, reversed) => {
      const stage = await openAnnounceStage();
      for (const one of actions) {
        await stage.clock.advance(5_000);
        if (one === "rotate, bus down") stage.faults.inject({ service: "events", kind: "refuse" });
        if (one === "rotate, dies") {
          stage.beforeStep = (step) => {
            if (step === "setSecret") throw new Error("dead");
          };
        }
        await (one === "put by hand" ? stage.putByHand() : stage.rotate()).catch(() => undefined);
        stage.faults.clear();
        stage.beforeStep = () => undefined;
      }
      const events = reversed ? ofLabel(stage).reverse() : ofLabel(stage);
      for (const event of events) {
        if ((await stage.announce(event, true)) === "under-way") await stage.announce(event, false);
      }
      const current = await stage.currentVersion();
      const changed = ofLabel(stage).length > 0;
      expect(rotated(stage).some((detail) => (detail as { versionId?: string }).versionId === current)).toBe(changed);
    }),
    { numRuns: sampledRuns(25) },
  );
});
