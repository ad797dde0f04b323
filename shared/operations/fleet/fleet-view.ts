import { RekeyError } from "../../errors/rekey-error.ts";
import { comparisons, type FleetOrder } from "./fleet-columns.ts";
import type { Health } from "./health.ts";
import type { SecretSummary } from "./secret-summary.ts";

export interface FleetSelection {
  /** Words, each somewhere in the name, in any case. */
  readonly search?: string;
  readonly tag?: { readonly key: string; readonly value?: string };
  readonly health?: readonly Health[];
  readonly order?: FleetOrder;
  readonly descending?: boolean;
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
}

export interface FleetView {
  readonly total: number;
  readonly offset: number;
  readonly secrets: readonly SecretSummary[];
  /** By health, of what search and tag let through. */
  readonly counts: Readonly<Partial<Record<Health, number>>>;
}

/** A selection without its bounds. */
export interface OrderedFleet {
  readonly secrets: readonly SecretSummary[];
  readonly counts: FleetView["counts"];
}

const most = 100;

/** What search, tag and health let through. */
export function matching(
  secrets: readonly SecretSummary[],
  { search = "", tag, health }: Pick<FleetSelection, "search" | "tag" | "health">,
): readonly SecretSummary[] {
  const words = search
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const wanted = health === undefined ? undefined : new Set(health);
  return secrets.filter((secret) => {
    if (wanted !== undefined && !wanted.has(secret.health)) return false;
    if (tag !== undefined) {
      const value = secret.tags[tag.key];
      if (value === undefined || (tag.value !== undefined && value !== tag.value)) return false;
    }
    if (words.length === 0) return true;
    const name = secret.name.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

export const byName = (secrets: readonly SecretSummary[]): readonly SecretSummary[] =>
  secrets.toSorted(comparisons.name);

/** All of a selection in its order. `secrets` come by name, and stay so where the order leaves a choice. */
export function inOrder(
  secrets: readonly SecretSummary[],
  { health, order = "name", descending = false, ...filter }: Omit<FleetSelection, "offset" | "limit">,
): OrderedFleet {
  const ofAnyHealth = matching(secrets, filter);
  const counts: Partial<Record<Health, number>> = {};
  for (const { health: one } of ofAnyHealth) counts[one] = (counts[one] ?? 0) + 1;
  const found = health === undefined ? ofAnyHealth : matching(ofAnyHealth, { health });
  if (order === "name") return { secrets: descending ? found.toReversed() : found, counts };
  const compare = comparisons[order];
  const sign = descending ? -1 : 1;
  return { secrets: found.toSorted((one, other) => sign * compare(one, other)), counts };
}

/** Errors: `option-invalid`. */
export function pageOf(
  { secrets, counts }: OrderedFleet,
  { offset, limit }: Pick<FleetSelection, "offset" | "limit">,
): FleetView {
  const bounds = { offset: [0, Infinity], limit: [1, most] } as const;
  for (const [option, value] of Object.entries({ offset, limit })) {
    const [from, to] = bounds[option as keyof typeof bounds];
    if (!(Number.isInteger(value) && value >= from && value <= to)) {
      throw new RekeyError("option-invalid", { context: { option, value } });
    }
  }
  return { total: secrets.length, offset, secrets: secrets.slice(offset, offset + limit), counts };
}

/** `key=value`, or a key alone, as people write a tag. */
export function parseKeyValue(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf("=");
  return at < 0 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}
