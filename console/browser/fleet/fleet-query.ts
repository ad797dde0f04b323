import { useLocation } from "preact-iso/router";
import { queryOf } from "../api/request.ts";

/** Search, filters and order of the fleet. They are in the address, so that Back works and a link can be shared. */
export interface FleetQuery {
  readonly search: string;
  readonly tag: string;
  /** By commas. */
  readonly health: string;
  readonly order: string;
  readonly descending: boolean;
}

function queryIn(query: Readonly<Record<string, string>>): FleetQuery {
  const { search = "", tag = "", health = "", order = "name", descending } = query;
  return { search, tag, health, order, descending: descending === "true" };
}

export function useFleetQuery(): readonly [FleetQuery, (change: Partial<FleetQuery>) => void] {
  const { query, route } = useLocation();
  // From the address as it is then: two filters may be typed into at about the same time.
  const newest = (): FleetQuery => queryIn(Object.fromEntries(new URLSearchParams(location.search)));
  return [queryIn(query), (change) => route(`/${queryOf(fieldsOf({ ...newest(), ...change }))}`, true)];
}

/** As the address and the server take it; what is as it is anyway is left out. */
export const fieldsOf = ({ search, tag, health, order, descending }: FleetQuery) => ({
  search,
  tag,
  health,
  order: order === "name" ? undefined : order,
  descending: descending ? true : undefined,
});
