import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import type { EventPublisher } from "../rotation/ports.ts";
import { type Gate, gated } from "../testing/gated.ts";
import { memoryRotation } from "../testing/memory-rotation.ts";
import type { EventCarrier } from "./bus.ts";
import { publisherOn } from "./eventbridge.ts";
import { busOrOutbox } from "./outbox.ts";
import { type OutgoingEvent, outgoingEvent, parseOutgoingEvent } from "./outgoing-event.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const event = {
  detailType: "Secret Rotated",
  detail: '{"versionId":"v1"}',
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf",
};
const call = { signal: new AbortController().signal };

interface MemoryCarrier extends EventCarrier {
  readonly events: OutgoingEvent[];
  failure: RekeyError | undefined;
}
function memoryCarrier(): MemoryCarrier {
  const carrier: MemoryCarrier = {
    events: [],
    failure: undefined,
    async carry(taken) {
      if (carrier.failure !== undefined) throw carrier.failure;
      carrier.events.push(taken);
    },
  };
  return carrier;
}
const down = new RekeyError("events-unavailable");

test("what the bus takes does not go to the outbox", async () => {
  const [bus, outbox] = [memoryCarrier(), memoryCarrier()];
  await busOrOutbox(bus, outbox).carry(event, call);
  expect([bus.events, outbox.events]).toEqual([[event], []]);
});

test.each([
  ["down", down],
  ["refusing for good", new RekeyError("event-rejected")],
])("a bus that is %s leaves the event to the outbox", async (_what, failure) => {
  const [bus, outbox] = [memoryCarrier(), memoryCarrier()];
  bus.failure = failure;
  await busOrOutbox(bus, outbox).carry(event, call);
  expect(outbox.events.map((kept) => parseOutgoingEvent(JSON.stringify(kept)))).toEqual([event]);
});

test("a bus that hangs leaves the event to the outbox while there is time", async () => {
  const outbox = memoryCarrier();
  const hanging: EventCarrier = {
    carry: async (_event, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(down))),
  };
  await busOrOutbox(hanging, outbox, 5).carry(event, call);
  expect(outbox.events).toEqual([event]);
});

test("when neither takes the event, the bus's failure is told", async () => {
  const [bus, outbox] = [memoryCarrier(), memoryCarrier()];
  bus.failure = new RekeyError("event-rejected");
  outbox.failure = down;
  await expect(busOrOutbox(bus, outbox).carry(event, call)).rejects.toMatchObject({ code: "event-rejected" });
});

test.each(["{", "[]", '{"detailType":"Other"}', JSON.stringify({ ...event, secretArn: "x" })])(
  "a message %s in the outbox is event-malformed",
  (body) => {
    expect(() => parseOutgoingEvent(body)).toThrow(expect.objectContaining({ code: "event-malformed" }));
  },
);

test("a field that is not in the contract does not leave, whatever the object carries", () => {
  const carrying = {
    type: "Secret Mirrored",
    ...event,
    secretName: "app",
    versionId: "v1",
    revision: 1,
    written: true,
  };
  const { detail } = outgoingEvent({ ...carrying, type: "Secret Mirrored" }, new Date(0));
  expect(Object.keys(JSON.parse(detail) as object).sort()).toEqual(
    ["at", "revision", "schemaVersion", "secretArn", "secretName", "versionId", "written"].sort(),
  );
});

test.each([true, false])(
  "the bus is down and the rotation is killed at any call (after it took effect: %s): nothing is lost",
  async (after) => {
    let points = 0;
    for (let killAt = 0; killAt < 40; killAt++) {
      const [bus, outbox] = [memoryCarrier(), memoryCarrier()];
      bus.failure = down;
      let calls = 0;
      let dead = false;
      const mortal: Gate = async (_operation, work) => {
        if (dead) throw new Error("dead");
        dead = calls++ === killAt;
        if (dead && !after) throw new Error("killed before");
        const result = await work();
        if (dead) throw new Error("killed after");
        return result;
      };
      const publisherBehind = (gate: Gate): EventPublisher =>
        publisherOn(busOrOutbox(gated(bus, gate), gated(outbox, gate)));
      const stage = memoryRotation({ strategy: "single-user", publisherBehind });
      stage.store.beginRotation("v1");
      const first = stage.container(mortal);
      for (const step of steps) await first(step).catch(async () => stage.container()(step));
      if (calls <= killAt) break;
      points++;
      expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v1");
      bus.failure = undefined;
      for (const kept of outbox.events) await bus.carry(parseOutgoingEvent(JSON.stringify(kept)), call);
      expect(bus.events.map(({ detail }) => JSON.parse(detail) as object)).toContainEqual(
        expect.objectContaining({ versionId: "v1", origin: "rotation" }),
      );
    }
    expect(points).toBeGreaterThan(10);
  },
);
