import { metadata, stagesByVersion } from "./description.ts";
import { flag, limitedText } from "./input.ts";
import { secretFilter } from "./list-filters.ts";
import { invalidParameter } from "./messages.ts";
import type { Members } from "../../shared/answers/members.ts";
import type { Backend, Operations } from "./operations.ts";
import { pageOf } from "./pages.ts";
import type { Secret } from "./secret.ts";

type Order = (one: Secret, other: Secret) => number;

const orders: Readonly<Record<string, Order>> = {
  "created-date": (one, other) => one.createdMs - other.createdMs,
  "last-accessed-date": (one, other) => (one.accessedMs ?? 0) - (other.accessedMs ?? 0),
  "last-changed-date": (one, other) => one.state.changedMs - other.state.changedMs,
  name: (one, other) => (one.name < other.name ? -1 : 1),
};

function orderOf(input: Members): Order {
  const by = limitedText(input, "SortBy", { max: 64 }) ?? "created-date";
  const direction = limitedText(input, "SortOrder", { max: 4 }) ?? "asc";
  const order = Object.hasOwn(orders, by) ? orders[by] : undefined;
  if (order === undefined || !["asc", "desc"].includes(direction))
    throw invalidParameter("Invalid SortBy or SortOrder.");
  return direction === "asc" ? order : (one, other) => order(other, one);
}

export function listOperations({ table }: Backend): Operations {
  return {
    ListSecrets(input, { region }) {
      const planned = flag(input, "IncludePlannedDeletion");
      const filter = secretFilter(input);
      const found = table(region)
        .all()
        .filter((secret) => (planned || secret.deletionMs === undefined) && filter(secret))
        .sort(orderOf(input));
      const { page, NextToken } = pageOf(found, input, 100);
      return {
        SecretList: page.map((secret) => ({ ...metadata(secret), SecretVersionsToStages: stagesByVersion(secret) })),
        NextToken,
      };
    },
  };
}
