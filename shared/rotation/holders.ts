import { isRekeyError } from "../errors/rekey-error.ts";
import type { HeldConnection } from "../ports/held-connections.ts";
import type { DatabaseSecret } from "../secrets/database-secret.ts";
import { defined } from "../secrets/defined.ts";
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

/** ISO 8601, of those whose login time is known. */
function oldestOf(connections: readonly HeldConnection[]): string | undefined {
  const timesMs = connections.flatMap(({ since }) => since?.getTime() ?? []);
  return timesMs.length === 0 ? undefined : new Date(Math.min(...timesMs)).toISOString();
}

/** Who holds connections, those with the most first, and at most 20 of them. */
export function holdersOf(connections: readonly HeldConnection[]): readonly Holder[] {
  const groups = new Map<string, readonly HeldConnection[]>();
  for (const connection of connections) {
    const { application, address } = connection;
    const key = JSON.stringify({ application: harmless(application), address: harmless(address) });
    groups.set(key, [...(groups.get(key) ?? []), connection]);
  }
  return [...groups]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .slice(0, mostNamed)
    .map(([key, group]) => ({
      ...(JSON.parse(key) as Pick<Holder, "application" | "address">),
      ...defined({ since: oldestOf(group) }),
      connections: group.length,
    }));
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
