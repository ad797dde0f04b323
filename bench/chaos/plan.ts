import { seededRandom } from "../../shared/capacity/simulation/seeded-random.ts";

export interface ChaosOptions {
  /** A whole number; the same one makes the same plan. */
  readonly seed: number;
  /** How long the troubles last. */
  readonly seconds: number;
  readonly secrets: number;
}

export const clusterCount = 3;
export const serviceCount = 8;

/** What a cluster suffers for a while. One that cannot be told to be slow or half broken is sealed instead. */
export type ClusterTrouble = "sealed" | "standby" | "slow" | "failing" | "limited" | "cut";
/** Where calls between the parts suffer, and how. */
export type CallTrouble = "refuse" | "cut" | "throttle" | "error" | "delay" | "late";
export type CallPlace = "bus" | "queues" | "topic" | "subscribers" | "secrets-manager";

/** Secrets, clusters and services by number. */
export type Move =
  | { readonly kind: "rotate"; readonly secret: number }
  /** So often, one soon after the other. */
  | { readonly kind: "edit"; readonly secret: number; readonly times: number }
  /** Two edits, and the mirror's answer to the first is late, so that the second may overtake it. */
  | { readonly kind: "overtake"; readonly secret: number }
  | { readonly kind: "delete"; readonly secret: number; readonly forMs: number }
  | { readonly kind: "cluster"; readonly cluster: number; readonly trouble: ClusterTrouble; readonly forMs: number }
  | {
      readonly kind: "calls";
      readonly place: CallPlace;
      readonly trouble: CallTrouble;
      /** Of the calls, from 0 to 1. */
      readonly share: number;
      readonly forMs: number;
    }
  | { readonly kind: "revoke"; readonly cluster: number }
  | { readonly kind: "repeat" }
  | { readonly kind: "restart"; readonly service: number };

export interface Planned {
  /** Since the beginning. */
  readonly atMs: number;
  readonly move: Move;
}

/** Each secret once, and some twice. */
const rotationsPerSecret = 1.1;
const editsPerSecond = 1;
const mostEdits = 6;
const overtakingsPerSecond = 0.5;
const deletionsPerSecond = 0.5;
const repeatsPerSecond = 2;
/** Every trouble comes so often that a run of any length has several of each. */
const unitsInARun = 24;

const clusterTroubles: readonly ClusterTrouble[] = ["sealed", "standby", "sealed", "slow", "failing", "limited", "cut"];
const callTroubles: readonly CallTrouble[] = ["refuse", "cut", "throttle", "error", "delay", "late"];
/** An answer that is late holds what was current; mirrors have to find out. */
const storeTroubles: readonly CallTrouble[] = ["refuse", "cut", "throttle", "error", "late", "late", "late"];
const callPlaces: readonly CallPlace[] = ["bus", "queues", "topic", "subscribers", "secrets-manager"];

/** Everything that will be done, and when: a function of the options alone. */
export function planOf({ seed, seconds, secrets }: ChaosOptions): readonly Planned[] {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const lastMs = seconds * 1_000;
  const unitMs = lastMs / unitsInARun;
  const planned: Planned[] = [];

  /** Each once before any comes again. */
  function* inTurn<Item>(items: readonly Item[]): Generator<Item, never> {
    for (;;) {
      const order = items.map((item) => ({ item, at: random() }));
      for (const { item } of order.sort((left, right) => left.at - right.at)) yield item;
    }
  }
  function evenly(perSecond: number, move: (leftMs: number) => Move): void {
    const count = Math.ceil(seconds * perSecond);
    for (let nth = 0; nth < count; nth++) {
      const atMs = ((nth + random()) * lastMs) / count;
      planned.push({ atMs, move: move(lastMs - atMs) });
    }
  }
  function inSpells(move: (forMs: number) => Move): void {
    let atMs = unitMs * (0.5 + 2 * random());
    while (atMs < lastMs) {
      const forMs = unitMs * (1 + 2 * random());
      planned.push({ atMs, move: move(Math.min(forMs, lastMs - atMs)) });
      atMs += forMs + unitMs * (0.5 + 2 * random());
    }
  }

  const rotated = inTurn(Array.from({ length: secrets }, (_item, secret) => secret));
  const ofClusters = inTurn(clusterTroubles);
  evenly((rotationsPerSecret * secrets) / seconds, () => ({ kind: "rotate", secret: rotated.next().value }));
  evenly(editsPerSecond, () => ({ kind: "edit", secret: below(secrets), times: 1 + below(mostEdits) }));
  evenly(overtakingsPerSecond, () => ({ kind: "overtake", secret: below(secrets) }));
  evenly(deletionsPerSecond, (leftMs) => {
    return { kind: "delete", secret: below(secrets), forMs: Math.min(unitMs, leftMs) * random() };
  });
  evenly(repeatsPerSecond, () => ({ kind: "repeat" }));
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    inSpells((forMs) => ({ kind: "cluster", cluster, trouble: ofClusters.next().value, forMs }));
    evenly(4 / seconds, () => ({ kind: "revoke", cluster }));
  }
  for (const place of callPlaces) {
    const ofPlace = inTurn(place === "secrets-manager" ? storeTroubles : callTroubles);
    inSpells((forMs) => {
      const trouble = ofPlace.next().value;
      // Where every call waits alike, none overtakes another.
      const most = trouble === "delay" || trouble === "late" ? 0.6 : 1;
      return { kind: "calls", place, trouble, share: most * (0.2 + 0.8 * random()), forMs };
    });
  }
  evenly(4 / seconds, () => ({ kind: "restart", service: below(serviceCount) }));
  return planned.sort((left, right) => left.atMs - right.atMs);
}
