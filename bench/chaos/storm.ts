import { setTimeout as wait } from "node:timers/promises";
import type { FaultCandidate, FaultRule } from "../../local/aws/faults.ts";
import { killFunctions, type Kills } from "./killer.ts";
import { createLoad, type Load } from "./load.ts";
import type { CallPlace, CallTrouble, ChaosOptions, Move, Planned } from "./plan.ts";
import { seededRandom } from "../../shared/capacity/simulation/seeded-random.ts";
import { servicesKey } from "./services.ts";
import type { World } from "./world.ts";

export interface Storm {
  readonly load: Load;
  readonly kills: Kills;
  /** Moves by kind, and struck calls by place and trouble. */
  readonly counts: ReadonlyMap<string, number>;
}

const isOurs = ({ accessKeyId, principal }: FaultCandidate): boolean =>
  accessKeyId === servicesKey || principal.includes(":assumed-role/");

/** Which calls are meant. A delivery inside AWS has no key. */
const places: Readonly<Record<CallPlace, (candidate: FaultCandidate) => boolean>> = {
  bus: (call) => call.service === "events" && isOurs(call),
  queues: ({ service, accessKeyId }) => service === "sqs" && accessKeyId === undefined,
  topic: ({ service, accessKeyId }) => service === "sns" && accessKeyId === undefined,
  subscribers: ({ service, accessKeyId }) => service === "sqs" && accessKeyId === servicesKey,
  "secrets-manager": (call) => call.service === "secretsmanager" && isOurs(call),
};

/** Less than a function waits for an answer. */
const longestDelayMs = 3_000;

function ruleOf(trouble: CallTrouble, when: (candidate: FaultCandidate) => boolean, random: () => number): FaultRule {
  return trouble === "delay" || trouble === "late"
    ? { kind: trouble, delayMs: random() * longestDelayMs, when }
    : { kind: trouble, when };
}

/** Carries the plan out, each move at its time. What it began it has ended when it returns, and every part is well again. */
export async function storm(world: World, plan: readonly Planned[], { seed, seconds }: ChaosOptions): Promise<Storm> {
  const random = seededRandom(seed + 1);
  const { faults } = world.stack.aws;
  const counts = new Map<string, number>();
  const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by);
  const load = createLoad(world, random);
  const kills = killFunctions(world.stack, random);
  const spells: Promise<void>[] = [];
  const startedMs = performance.now();

  async function clusterSuffers({ cluster: index, trouble, forMs }: Move & { kind: "cluster" }): Promise<void> {
    const cluster = world.clusters[index];
    const end = await cluster?.trouble(trouble);
    await wait(forMs);
    await end?.();
  }
  async function callsSuffer({ place, trouble, share, forMs }: Move & { kind: "calls" }): Promise<void> {
    const rule = faults.inject(ruleOf(trouble, (call) => places[place](call) && random() < share, random));
    await wait(forMs);
    rule.remove();
    count(`${place}: ${trouble}`, rule.struck);
  }
  async function carryOut(move: Move): Promise<void> {
    switch (move.kind) {
      case "rotate":
        return load.rotate(move.secret);
      case "edit":
        return load.edit(move.secret, move.times);
      case "overtake":
        return load.overtake(move.secret);
      case "delete":
        return load.remove(move.secret, move.forMs);
      case "repeat":
        return load.repeat();
      case "cluster":
        return clusterSuffers(move);
      case "calls":
        return callsSuffer(move);
      case "revoke":
        return world.clusters[move.cluster]?.revokeTokens();
      case "restart":
        return world.services[move.service]?.restart();
    }
  }

  const until = async (atMs: number): Promise<void> => {
    const aheadMs = startedMs + atMs - performance.now();
    // On a busy machine each wait lasts longer than it should: what is due already does not wait as well.
    if (aheadMs > 0) await wait(aheadMs);
  };
  for (const { atMs, move } of plan) {
    await until(atMs);
    count(move.kind === "cluster" ? `cluster: ${move.trouble}` : move.kind);
    const spell = carryOut(move);
    // What fails is told once all of them have ended.
    spell.catch(() => undefined);
    spells.push(spell);
  }
  await until(seconds * 1_000);
  load.end();
  await Promise.all(spells);
  kills.stop();
  return { load, kills, counts };
}
