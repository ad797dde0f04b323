import type { Stage } from "../stage.ts";
import type { Suite } from "../suite.ts";
import type { WireFault } from "../wire.ts";

const faults = ["refuse", "cut"] as const satisfies readonly WireFault[];
/** How many points of a sweep a quick run tries. */
const sample = { killed: 5, givenUp: 2 };
const longMs = 900_000;

/** How a step may end whose connection broke; `none`: nothing was waiting for an answer, or it was found out. */
const brokenCodes = new Set([
  "connection-lost",
  "database-unreachable",
  "mirror-unavailable",
  "store-unavailable",
  "events-unavailable",
  "none",
]);

/** Each message of so many, broken in each way. */
const pointsOf = (messages: number): readonly { readonly at: number; readonly fault: WireFault }[] =>
  faults.flatMap((fault) => Array.from({ length: messages }, (_, index) => ({ at: index + 1, fault })));

interface Convergence {
  readonly current: readonly string[];
  readonly strayPending: readonly string[];
  readonly logsIn: boolean;
  readonly lockOuts: readonly string[];
  readonly announced: boolean;
}

const converged = { strayPending: [], logsIn: true, lockOuts: [], announced: true };

async function stateOf({ labels, logsIn, lockOuts, aws }: Stage, secretId: string): Promise<Convergence> {
  const versions = Object.entries(await labels(secretId));
  const current = versions.filter(([, held]) => held.includes("AWSCURRENT")).map(([versionId]) => versionId);
  return {
    current,
    strayPending: versions
      .filter(([, held]) => held.includes("AWSPENDING") && !held.includes("AWSCURRENT"))
      .map(([versionId]) => versionId),
    logsIn: await logsIn(secretId, "AWSCURRENT"),
    lockOuts: [...lockOuts],
    announced: aws.events.some(({ detail }) => JSON.stringify(detail).includes(current[0] ?? "none")),
  };
}

/** Every message of a rotation broken in every way, and what comes of it. */
export function killed({ test, expect, sampled, stage, variant, tally }: Suite): void {
  /** How many messages a healthy rotation sends. */
  async function countMessages(): Promise<number> {
    const { wire, newSecret, rotate } = stage();
    const { id } = await newSecret(variant);
    wire.disarm();
    const versionId = await rotate(id);
    const count = wire.messages.length;
    expect(await stateOf(stage(), id)).toEqual({ ...converged, current: [versionId] });
    tally.messages = count;
    return count;
  }

  test(
    "killed",
    "broken at any message to the server, Secrets Manager or EventBridge, before or after its effect, with or without the process dying, a rotation converges when repeated",
    async () => {
      const here = stage();
      here.watches = true;
      const points = sampled(
        pointsOf(await countMessages()).flatMap((point) => [true, false].map((kills) => ({ ...point, kills }))),
        sample.killed,
      );
      for (const plan of points) {
        const { id } = await here.newSecret(variant);
        const before = here.outcomes.length;
        here.wire.arm(plan);
        const versionId = await here.rotate(id);
        const point = { ...plan, struck: here.wire.struck };
        if (point.struck !== undefined) tally.faultPoints++;
        const state = await stateOf(here, id);
        tally.lockOuts += state.lockOuts.length;
        const [firstCode = "none"] = here.outcomes.slice(before).flatMap(({ code }) => code ?? []);
        expect({ ...point, ...state, brokenCode: brokenCodes.has(firstCode) || firstCode }).toEqual({
          ...point,
          ...converged,
          current: [versionId],
          brokenCode: true,
        });
        if (point.struck !== undefined) tally.converged++;
      }
      here.watches = false;
      expect(tally.faultPoints).toEqual(points.length);
    },
    longMs,
  );

  test(
    "given-up",
    "a human who takes AWSPENDING off after a crash at any message and rotates anew under another token always gets a working credential",
    async () => {
      const here = stage();
      const points = sampled(pointsOf(await countMessages()), sample.givenUp);
      for (const plan of points) {
        const { id } = await here.newSecret(variant);
        here.wire.arm({ ...plan, kills: true });
        const abandoned = await here.begin(id);
        const point = { ...plan, struck: here.wire.struck };
        if (point.struck !== undefined) tally.givenUp++;
        here.wire.disarm();
        await here.giveUp(id, abandoned);
        const versionId = await here.rotate(id);
        expect({ ...point, ...(await stateOf(here, id)) }).toEqual({ ...point, ...converged, current: [versionId] });
        if (point.struck !== undefined) tally.healed++;
      }
      expect(tally.givenUp).toEqual(points.length);
    },
    longMs,
  );

  test("at-once", "two invocations of the same step at once, both in cold containers, converge", async () => {
    const here = stage();
    const { id } = await here.newSecret(variant);
    here.containers.atOnce = 2;
    try {
      for (let rotation = 1; rotation <= 5; rotation++) {
        const versionId = await here.rotate(id);
        expect(await stateOf(here, id)).toEqual({ ...converged, current: [versionId] });
      }
    } finally {
      here.containers.atOnce = 1;
    }
  });
}
