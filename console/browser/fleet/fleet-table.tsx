import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { fleetColumns, isOrder } from "../../../shared/operations/fleet/fleet-columns.ts";
import { useVirtualRows } from "../components/use-virtual-rows.ts";
import type { FleetQuery } from "./fleet-query.ts";
import { cellsInRow, FleetTableRow } from "./fleet-table-row.tsx";
import type { Fleet } from "./use-fleet.ts";

interface FleetTableProps {
  readonly fleet: Fleet;
  readonly query: FleetQuery;
  readonly change: (change: Partial<FleetQuery>) => void;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (secretArn: string, isChosen: boolean) => void;
}

const rowPx = 40;

function Head({ query, change }: Pick<FleetTableProps, "query" | "change">) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th scope="col" class="choice">
          <span class="unseen">Chosen</span>
        </th>
        {fleetColumns.map(({ name, title }) => {
          if (!isOrder(name)) {
            return (
              <th key={name} scope="col">
                {title}
              </th>
            );
          }
          const isCurrent = query.order === name;
          const direction = isCurrent ? (query.descending ? "descending" : "ascending") : undefined;
          return (
            <th key={name} scope="col" aria-sort={direction}>
              <button
                type="button"
                class="quiet"
                onClick={() => change({ order: name, descending: isCurrent && !query.descending })}
              >
                {title}
                <span aria-hidden="true">{isCurrent ? (query.descending ? " ↓" : " ↑") : ""}</span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** Room for the rows that are not drawn. */
const Space = ({ px }: { readonly px: number }) =>
  px <= 0 ? null : (
    <tr aria-hidden="true" class="space">
      <td colSpan={cellsInRow} style={{ height: `${px}px` }} />
    </tr>
  );

/** Very many secrets, of which those in view are drawn. The arrows go from row to row, Home and End to the ends. */
export function FleetTable({ fleet, query, change, chosen, choose }: FleetTableProps) {
  const scrolled = useRef<HTMLDivElement>(null);
  const wanted = useRef<number | undefined>(undefined);
  const total = fleet.answer?.total ?? 0;
  const { rows, totalPx, scrollTo } = useVirtualRows(scrolled, total, rowPx);
  const [first, last] = [rows[0], rows.at(-1)];

  useLayoutEffect(() => {
    if (scrolled.current !== null) scrolled.current.scrollTop = 0;
  }, Object.values(query));
  useEffect(() => {
    if (first !== undefined && last !== undefined) fleet.show(first.index, last.index);
  });
  useLayoutEffect(() => {
    const link = scrolled.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current ?? -1}"] a`);
    if (link === null || link === undefined) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });

  function move(event: KeyboardEvent): void {
    const at = (event.target as HTMLElement).closest<HTMLElement>("tr[data-index]")?.dataset["index"];
    if (at === undefined) return;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: Number(at) + 1,
      ArrowUp: Number(at) - 1,
      Home: 0,
      End: total - 1,
    };
    const target = targets[event.key];
    if (target === undefined || target < 0 || target >= total) return;
    event.preventDefault();
    wanted.current = target;
    scrollTo(target);
    scrolled.current?.querySelector<HTMLElement>(`tr[data-index="${target}"] a`)?.focus({ preventScroll: true });
  }

  return (
    <section class="scrolled" ref={scrolled} aria-label="Secrets" tabIndex={0}>
      <table class="fleet" aria-rowcount={total + 1}>
        <Head query={query} change={change} />
        <tbody onKeyDown={move}>
          <Space px={first?.start ?? 0} />
          {rows.map(({ index }) => {
            const secret = fleet.row(index);
            return (
              <FleetTableRow
                key={index}
                index={index}
                secret={secret}
                status={secret === undefined ? undefined : fleet.statusOf(secret.secretArn)}
                isChosen={secret !== undefined && chosen.has(secret.secretArn)}
                choose={choose}
              />
            );
          })}
          <Space px={totalPx - (last?.end ?? totalPx)} />
        </tbody>
      </table>
    </section>
  );
}
