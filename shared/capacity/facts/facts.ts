import type { Fact } from "./fact.ts";
import { type PriceName, prices } from "./prices.ts";
import { type QuotaName, quotas } from "./quotas.ts";
import { type RateName, rates } from "./rates.ts";

export type FactName = QuotaName | PriceName | RateName;

/** Every number of the plan that is not an input. */
export type Facts = Readonly<Record<FactName, Fact>>;

export const facts: Facts = { ...quotas, ...prices, ...rates };
