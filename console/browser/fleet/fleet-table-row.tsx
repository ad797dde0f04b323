import { rotates } from "../../../shared/operations/fleet/can-rotate.ts";
import type { StandingsAnswer } from "../../contract.ts";
import { adoptionText, HealthBadge, MirrorBadge } from "../components/standing.tsx";
import { FromNow, span } from "../components/times.tsx";
import type { FleetRow } from "./use-fleet.ts";

interface FleetTableRowProps {
  readonly index: number;
  readonly secret: FleetRow | undefined;
  readonly standing: StandingsAnswer[string] | undefined;
  readonly isChosen: boolean;
  readonly choose: (secretArn: string, isChosen: boolean) => void;
}

export const secretPath = (secretArn: string): string => `/secrets/${encodeURIComponent(secretArn)}`;

function Mirrors({ secret, standing }: { readonly secret: FleetRow } & Pick<FleetTableRowProps, "standing">) {
  if (standing === undefined || standing.mirrors.length === 0) return <>{secret.mirrored ? "on" : "off"}</>;
  return (
    <>
      {standing.mirrors.map((mirror) => (
        <MirrorBadge key={mirror.cluster} mirror={mirror} />
      ))}
    </>
  );
}

export function FleetTableRow({ index, secret, standing, isChosen, choose }: FleetTableRowProps) {
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
          disabled={!rotates(secret)}
          onChange={({ currentTarget }) => choose(secretArn, currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <a href={secretPath(secretArn)}>{name}</a>
      </th>
      <td>
        <HealthBadge health={health} />
        {standing?.obstacle !== undefined && <> {standing.obstacle.code}</>}
      </td>
      <td>{ageMs === undefined ? "–" : span(ageMs)}</td>
      <td>{nextRotationAt === undefined ? "–" : <FromNow at={nextRotationAt} />}</td>
      <td>{strategy ?? "default"}</td>
      <td>
        <Mirrors secret={secret} standing={standing} />
      </td>
      <td>{standing?.adoption === undefined ? "–" : adoptionText(standing.adoption)}</td>
    </tr>
  );
}
