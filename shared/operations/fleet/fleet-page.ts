import type { CallOptions } from "../../ports/call.ts";
import type { FleetFilter, ListedSecret } from "../../ports/secret-administration.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import { type SecretSummary, summaryOf } from "./secret-summary.ts";
import { defined } from "../../secrets/defined.ts";

export interface FleetQuery extends FleetFilter {
  /** 1 to 100 (default: 50). */
  readonly limit?: number;
  /** Where the page before ended. */
  readonly cursor?: string;
  /** Also secrets that have neither a rotation function nor a tag `rekey:…`. */
  readonly everySecret?: boolean;
}

export interface FleetPage {
  readonly secrets: readonly SecretSummary[];
  readonly cursor?: string;
}

/** Calls of ListSecrets for one page. Where few secrets are managed, a page is shorter and has a cursor. */
const mostLists = 20;

const isManaged = ({ rotationFunctionArn, tags }: ListedSecret): boolean =>
  rotationFunctionArn !== undefined || [...tags.keys()].some((tag) => tag.startsWith("rekey:"));

/**
 * A page of managed secrets by name. One ListSecrets for as many secrets as the page holds, whatever their number: nothing
 * of a secret is read. Errors: those of the store.
 */
export async function fleetPage(
  { listing, nowMs }: Pick<FleetPorts, "listing" | "nowMs">,
  { limit = 50, cursor, everySecret = false, ...filter }: FleetQuery,
  call: CallOptions,
): Promise<FleetPage> {
  const secrets: SecretSummary[] = [];
  let at = defined({ cursor });
  for (let lists = 1; ; lists++) {
    const page = await listing.page(filter, { limit: limit - secrets.length, ...at }, call);
    const shown = page.secrets.filter((secret) => everySecret || isManaged(secret));
    secrets.push(...shown.map((secret) => summaryOf(secret, nowMs())));
    if (page.cursor === undefined) return { secrets };
    if (secrets.length >= limit || lists === mostLists) return { secrets, cursor: page.cursor };
    at = { cursor: page.cursor };
  }
}

/** Every managed secret that the filter lets through, page by page: 100 for each call. Errors: those of the store. */
export async function* fleet(
  ports: Pick<FleetPorts, "listing" | "nowMs">,
  query: Omit<FleetQuery, "limit">,
  call: CallOptions,
): AsyncGenerator<SecretSummary> {
  let at = query;
  for (;;) {
    const { secrets, cursor } = await fleetPage(ports, { ...at, limit: 100 }, call);
    yield* secrets;
    if (cursor === undefined) return;
    at = { ...query, cursor };
  }
}
