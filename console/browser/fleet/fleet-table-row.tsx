import { canRotate } from "../../../shared/operations/fleet/health.ts";
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

function Mirrors({ secret, status }: { readonly secret: FleetRow } & Pick<FleetTableRowProps, "status">) {
  if (status === undefined || status.mirrors.length === 0) return <>{secret.mirrored ? "on" : "off"}</>;
  return (
    <>
      {status.mirrors.map((mirror) => (
        <MirrorBadge key={mirror.cluster} mirror={mirror} />
      ))}
    </>
  );
}

export function FleetTableRow({ index, secret, status, isChosen, choose }: FleetTableRowProps) {
  if (secret === undefined) {
    return (
      <tr data-index={index} aria-rowindex={index + 2} class="loading">
        <td colSpan={8}>…</td>
      </tr>
    );
  }
  const { secretArn, name, health, ageMs, nextRotationAt, strategy } = secret;
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
      <th scope="row">
        <a href={secretPath(secretArn)}>{name}</a>
      </th>
      <td>
        <HealthBadge health={health} />
        {status?.obstacle !== undefined && <> {status.obstacle.code}</>}
      </td>
      <td>{ageMs === undefined ? "–" : span(ageMs)}</td>
      <td>{nextRotationAt === undefined ? "–" : <FromNow at={nextRotationAt} />}</td>
      <td>{strategy ?? "default"}</td>
      <td>
        <Mirrors secret={secret} status={status} />
      </td>
      <td>{status?.adoption === undefined ? "–" : adoptionText(status.adoption)}</td>
    </tr>
  );
}
