import type { RotationRequest } from "../ports/rotation.ts";
import type { RotationFacts } from "./rotation-facts.ts";
import type { StrategyName } from "./rotation-policy.ts";

/** What AWSCURRENT and the tags decide about a rotation. */
export interface RotationKind {
  readonly engine: string;
  readonly strategy: StrategyName;
  /** The password is changed in finishSecret. */
  readonly changesAtFinish: boolean;
}

/** What is known of one rotation under way: facts, never values. */
export interface RotationProgress {
  /** Known once the secret was described. */
  facts?: RotationFacts;
  /** Known once AWSPENDING was compared with AWSCURRENT; a version's value never changes. */
  kind?: RotationKind;
  /** AWSPENDING was seen to log in. */
  loggedIn: boolean;
}

/**
 * What this container knows of the rotations that it works on, so that a healthy one needs few calls. Losing it costs
 * calls, not correctness.
 */
export interface RotationMemory {
  /** To be completed as the rotation goes on. */
  progressOf(request: RotationRequest): RotationProgress;
}

/** Two secrets may be rotated under one token. */
const keyOf = ({ secretId, versionId }: RotationRequest): string => `${secretId} ${versionId}`;

const keptRotations = 50;
const maxAgeMs = 15 * 60_000;

export function rotationMemory(nowMs: () => number = Date.now): RotationMemory {
  const entries = new Map<string, RotationProgress & { readonly atMs: number }>();

  return {
    progressOf(request) {
      const key = keyOf(request);
      const known = entries.get(key);
      if (known !== undefined && nowMs() - known.atMs <= maxAgeMs) return known;
      const entry = { loggedIn: false, atMs: nowMs() };
      entries.delete(key);
      entries.set(key, entry);
      for (const oldest of entries.keys()) {
        if (entries.size <= keptRotations) break;
        entries.delete(oldest);
      }
      return entry;
    },
  };
}
