/** The columns of the fleet, in `rekey status` and in the console. The compiler wants a cell of each in both. */
export const fleetColumns = [
  { name: "name", title: "Name", isSortable: true },
  { name: "health", title: "Health", isSortable: true },
  { name: "age", title: "Age", isSortable: true },
  { name: "next-rotation", title: "Next rotation", isSortable: true },
  { name: "strategy", title: "Strategy", isSortable: true },
  { name: "mirror", title: "Mirror", isSortable: false },
  { name: "adopted", title: "Adopted", isSortable: false },
] as const;

type Column = (typeof fleetColumns)[number];
export type FleetColumn = Column["name"];
/** What the fleet can be ordered by. */
export type FleetOrder = Extract<Column, { readonly isSortable: true }>["name"];

export const fleetOrders: readonly FleetOrder[] = fleetColumns.flatMap(({ name, isSortable }) =>
  isSortable ? [name] : [],
);
