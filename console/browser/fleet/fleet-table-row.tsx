import type { ComponentChildren } from "preact";
import { type FleetColumn, fleetColumns } from "../../../shared/operations/fleet/fleet-columns.ts";
import { canRotate } from "../../../shared/operations/fleet/health.ts";
import { rotatorText, shortRotatorText } from "../../../shared/operations/fleet/rotator-text.ts";
import type { StatusesAnswer } from "../../contract.ts";
import { adoptionText, HealthBadge, MirrorBadge } from "../components/status-badges.tsx";
import { FromNow, span } from "../components/times.tsx";
import type { FleetRow } from "./use-fleet.ts";

interface FleetTableRowProps {
  readonly index: number;
  readonly secret: FleetRow | undefined;
  readonly status: StatusesAnswer[string] | undefined;
  readonly isChosen: boolean;
  readonly choose: (secretArn: string, isChosen: boolean) => void;
}

export const secretPath = (secretArn: string): string => `/secrets/${encodeURIComponent(secretArn)}`;

interface Cell extends Pick<FleetTableRowProps, "status"> {
  readonly secret: FleetRow;
}

function Mirrors({ secret, status }: Cell) {
  if (status === undefined || status.mirrors.length === 0) return <>{secret.mirrored ? "on" : "off"}</>;
  return (
    <>
      {status.mirrors.map((mirror) => (
        <MirrorBadge key={mirror.cluster} mirror={mirror} />
      ))}
    </>
  );
}

/** The name, which is the row's heading, is written by the row itself. */
const cells: Readonly<Record<Exclude<FleetColumn, "name">, (row: Cell) => ComponentChildren>> = {
  health: ({ secret: { health }, status }) => (
    <>
      <HealthBadge health={health} />
      {status?.obstacle !== undefined && <> {status.obstacle.code}</>}
    </>
  ),
  age: ({ secret: { ageMs } }) => (ageMs === undefined ? "–" : span(ageMs)),
  "next-rotation": ({ secret: { nextRotationAt } }) =>
    nextRotationAt === undefined ? "–" : <FromNow at={nextRotationAt} />,
  strategy: ({ secret }) => <span title={rotatorText(secret)}>{shortRotatorText(secret) ?? "default"}</span>,
  mirror: (row) => <Mirrors {...row} />,
  adopted: ({ status }) => (status?.adoption === undefined ? "–" : adoptionText(status.adoption)),
};

/** The box to tick is a cell of its own. */
export const cellsInRow = fleetColumns.length + 1;

export function FleetTableRow({ index, secret, status, isChosen, choose }: FleetTableRowProps) {
  if (secret === undefined) {
    return (
      <tr data-index={index} aria-rowindex={index + 2} class="loading">
        <td colSpan={cellsInRow}>…</td>
      </tr>
    );
  }
  const { secretArn, name } = secret;
  return (
    <tr data-index={index} aria-rowindex={index + 2} class={isChosen ? "chosen" : ""}>
      <td class="choice">
        <input
          type="checkbox"
          aria-label={`Choose ${name}`}
          checked={isChosen}
          disabled={!canRotate(secret)}
          onChange={({ currentTarget }) => choose(secretArn, currentTarget.checked)}
        />
      </td>
      {fleetColumns.map((column) =>
        column.name === "name" ? (
          <th key={column.name} scope="row">
            <a href={secretPath(secretArn)}>{name}</a>
          </th>
        ) : (
          <td key={column.name}>{cells[column.name]({ secret, status })}</td>
        ),
      )}
    </tr>
  );
}
