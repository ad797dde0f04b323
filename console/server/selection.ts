import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { fleetOrders } from "../../shared/operations/fleet/fleet-columns.ts";
import { type FleetSelection, parseKeyValue } from "../../shared/operations/fleet/fleet-view.ts";
import { type Health, healthInOrder } from "../../shared/operations/fleet/health.ts";
import { defined } from "../../shared/secrets/defined.ts";

type Query = Readonly<Record<string, string | undefined>>;

const wrong = (option: string, value: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, value }, hint });

function oneOf<Known extends string>(option: string, value: string, known: readonly Known[]): Known {
  const found = known.find((one) => one === value);
  if (found === undefined) throw wrong(option, value, `use one of ${known.join(", ")}`);
  return found;
}

type Filter = Pick<FleetSelection, "search" | "tag" | "health">;

/** Errors: `option-invalid`. */
export function filterOf({ search, tag, health }: Query): Filter {
  const healths = health?.split(",").map((one): Health => oneOf("health", one, healthInOrder));
  return {
    ...(search === undefined || search === "" ? {} : { search }),
    ...(tag === undefined || tag === "" ? {} : { tag: parseKeyValue(tag) }),
    ...defined({ health: healths }),
  };
}

/** Which part of the fleet a query asks for. Errors: `option-invalid`. */
export function selectionOf(query: Query): FleetSelection {
  const { order, descending, offset = "0", limit = "100" } = query;
  return {
    ...filterOf(query),
    ...(order === undefined ? {} : { order: oneOf("order", order, fleetOrders) }),
    descending: descending === "true",
    offset: Number(offset),
    limit: Number(limit),
  };
}
