import { RekeyError } from "../../errors/rekey-error.ts";
import { isSigningAlgorithm, type SigningAlgorithm, signingAlgorithmNames } from "../../signing-keys/algorithms.ts";
import { publicationLeadTag, signingAlgorithmTag, tokenLifetimeTag } from "../../tags/tag-names.ts";

/** What the secret's tags choose. Sizes, curves and the least lead are not theirs. */
export interface KeyPolicy {
  readonly algorithm: SigningAlgorithm;
  /** In seconds. */
  readonly tokenLifetime: number;
  /** In seconds. */
  readonly publicationLead: number;
}

const unitSeconds = { m: 60, h: 3_600, d: 86_400 } as const;

interface Bounds {
  readonly default: string;
  readonly least: string;
  readonly most: string;
}

function secondsOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([mhd])$/u.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * unitSeconds[unit as keyof typeof unitSeconds];
}

function duration(tags: ReadonlyMap<string, string>, tag: string, bounds: Bounds): number {
  const seconds = secondsOf(tags.get(tag) ?? bounds.default);
  const [least = 0, most = 0] = [secondsOf(bounds.least), secondsOf(bounds.most)];
  if (seconds !== undefined && seconds >= least && seconds <= most) return seconds;
  throw new RekeyError("option-invalid", {
    context: { option: tag },
    hint: `use a whole number and a unit, from ${bounds.least} to ${bounds.most}`,
  });
}

/**
 * Errors: `option-invalid`, naming the tag. The least lead is more than the default client's `ttlMs` and `maxStaleMs`
 * together, so that whoever may write tags cannot have tokens refused.
 */
export function keyPolicy(tags: ReadonlyMap<string, string>): KeyPolicy {
  const algorithm = tags.get(signingAlgorithmTag) ?? "ES256";
  if (!isSigningAlgorithm(algorithm)) {
    throw new RekeyError("option-invalid", {
      context: { option: signingAlgorithmTag },
      hint: `use one of ${signingAlgorithmNames.join(", ")}`,
    });
  }
  return {
    algorithm,
    tokenLifetime: duration(tags, tokenLifetimeTag, { default: "24h", least: "5m", most: "90d" }),
    publicationLead: duration(tags, publicationLeadTag, { default: "2h", least: "2h", most: "30d" }),
  };
}
