import type { RotationRequest } from "../ports/rotation.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { StrategyName } from "./rotation-policy.ts";

/** What is known of one rotation under way: facts, never values. */
export interface Remembered {
  readonly facts: RotationFacts;
  /** Known once AWSCURRENT was read. */
  kind?: { readonly engine: string; readonly strategy: StrategyName };
  /** The password is changed in finishSecret. Known once AWSCURRENT was read. */
  changesAtFinish: boolean;
  /** AWSPENDING was compared with AWSCURRENT; a version's value never changes. */
  compared: boolean;
  /** AWSPENDING was seen to log in. */
  loggedIn: boolean;
}

/**
 * What this container knows of the rotations that it works on, so that a healthy one needs few calls. Losing it costs
 * calls, not correctness.
 */
export interface RotationMemory {
  recall(request: RotationRequest): Remembered | undefined;
  remember(request: RotationRequest, facts: RotationFacts): Remembered;
}

/** Two secrets may be rotated under one token. */
const keyOf = ({ secretId, versionId }: RotationRequest): string => `${secretId} ${versionId}`;

const keptRotations = 50;
const maxAgeMs = 15 * 60_000;

export function rotationMemory(nowMs: () => number = Date.now): RotationMemory {
  const entries = new Map<string, Remembered & { readonly atMs: number }>();
  const recall = (request: RotationRequest): Remembered | undefined => {
    const entry = entries.get(keyOf(request));
    return entry !== undefined && nowMs() - entry.atMs <= maxAgeMs ? entry : undefined;
  };

  return {
    recall,
    remember(request, facts) {
      const known = recall(request);
      if (known !== undefined) return known;
      const entry = {
        facts,
        changesAtFinish: false,
        compared: false,
        loggedIn: false,
        atMs: nowMs(),
      };
      entries.delete(keyOf(request));
      entries.set(keyOf(request), entry);
      for (const oldest of entries.keys()) {
        if (entries.size <= keptRotations) break;
        entries.delete(oldest);
      }
      return entry;
    },
  };
}
