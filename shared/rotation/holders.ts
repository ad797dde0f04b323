import { isRekeyError } from "../errors/rekey-error.ts";
import type { HeldConnection } from "../ports/held-connections.ts";
import type { DatabaseSecret } from "../secrets/database-secret.ts";
import type { RotationStrategy, StrategyContext } from "./strategies/strategy.ts";

/** Connections of one program at one address. */
export interface Holder {
  readonly application?: string;
  readonly address?: string;
  /** When the oldest of them logged in, where the server says it. */
  readonly since?: string;
  readonly connections: number;
}

const mostNamed = 20;
const mostCharacters = 64;

/** A client calls itself what it likes: letters, digits and the punctuation of names are kept. */
const harmless = (text: string | undefined): string | undefined =>
  text?.replaceAll(/[^\w .:/+-]/g, "?").slice(0, mostCharacters);

const earlier = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one;

/** Who holds connections, those with the most first, and at most 20 of them. */
export function holdersOf(connections: readonly HeldConnection[]): readonly Holder[] {
  const holders = new Map<string, Omit<Holder, "since"> & { readonly since?: Date }>();
  for (const { application, address, since } of connections) {
    const name = harmless(application);
    const place = harmless(address);
    const key = JSON.stringify([name, place]);
    const known = holders.get(key);
    const oldest = earlier(known?.since, since);
    holders.set(key, {
      ...(name !== undefined && { application: name }),
      ...(place !== undefined && { address: place }),
      ...(oldest !== undefined && { since: oldest }),
      connections: (known?.connections ?? 0) + 1,
    });
  }
  return [...holders.values()]
    .toSorted((one, other) => other.connections - one.connections)
    .slice(0, mostNamed)
    .map(({ since, ...holder }) => ({ ...holder, ...(since !== undefined && { since: since.toISOString() }) }));
}

/** What a server refuses to tell is no reason to keep a credential. */
async function heldOn(
  strategy: RotationStrategy,
  current: DatabaseSecret,
  host: StrategyContext,
): Promise<readonly HeldConnection[]> {
  try {
    return (await strategy.held?.(current, host)) ?? [];
  } catch (error) {
    if (isRekeyError(error) && error.disposition !== "retry") return [];
    throw error;
  }
}

/** Who holds connections of the credential that `current` replaced, on all hosts together; nobody where servers do not tell. */
export async function heldBy(
  strategy: RotationStrategy,
  current: DatabaseSecret,
  hosts: readonly StrategyContext[],
): Promise<readonly Holder[]> {
  const held: HeldConnection[] = [];
  for (const host of hosts) held.push(...(await heldOn(strategy, current, host)));
  return holdersOf(held);
}
