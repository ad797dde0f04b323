import type { SecretAnswer } from "../../contract.ts";
import { TableHead } from "../components/table-head.tsx";
import { exactSpan } from "../components/times.tsx";

type Propagation = NonNullable<SecretAnswer["propagation"]>;
type Mark = Propagation["marks"][number];

const widthPx = 900;
const labelPx = 210;
const rightPx = 110;
const rowPx = 26;
const headPx = 28;

const kindOf = ({ kind, outcome }: Mark): string => (outcome === "failed" ? "failed" : kind);
const markTitle = ({ kind, name }: { readonly kind: Mark["kind"]; readonly name: string }): string =>
  kind === "mirrored" ? `Vault: ${name}` : kind === "adopted" ? `adopted: ${name}` : name;

const at = (time: string): number => new Date(time).getTime();

/** A round length of time, so that four to ten of them fit into the whole. */
function gridMs(lengthMs: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(lengthMs, 1)));
  return [0.1, 0.2, 0.5, 1].map((part) => part * power).find((step) => lengthMs / step <= 10) ?? power;
}

function Grid({ lengthMs, x, height }: { lengthMs: number; x: (ms: number) => number; height: number }) {
  const step = gridMs(lengthMs);
  const marks = Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_mark, index) => index * step);
  return (
    <>
      {marks.map((ms) => (
        <g key={ms}>
          <line class="grid" x1={x(ms)} x2={x(ms)} y1={headPx - 6} y2={height} />
          <text class="tick" x={x(ms)} y={headPx - 12} text-anchor="middle">
            {ms >= 1_000 ? `${ms / 1_000} s` : `${Math.round(ms)} ms`}
          </text>
        </g>
      ))}
    </>
  );
}

function Table({ propagation: { marks, startedAt, waitingFor } }: { readonly propagation: Propagation }) {
  return (
    <details>
      <summary>As a table</summary>
      <table>
        <TableHead titles={["What", "After", "Took", "Outcome"]} />
        <tbody>
          {marks.map((mark) => (
            <tr key={`${mark.kind} ${mark.name} ${mark.endedAt}`}>
              <th scope="row">{markTitle(mark)}</th>
              <td>{exactSpan(at(mark.endedAt) - at(startedAt))}</td>
              <td>{mark.endedAt === mark.startedAt ? "–" : exactSpan(at(mark.endedAt) - at(mark.startedAt))}</td>
              <td>{mark.code ?? mark.outcome ?? "–"}</td>
            </tr>
          ))}
          {waitingFor.map((one) => (
            <tr key={`${one.kind} ${one.name}`}>
              <th scope="row">{markTitle(one)}</th>
              <td>–</td>
              <td>–</td>
              <td>waited for</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** One rotation on the axis of its time: from its first step until the last cluster and subscriber had the new version. */
export function PropagationPicture({ propagation }: Pick<SecretAnswer, "propagation">) {
  if (propagation === undefined) return <p class="empty">No rotation of which the times are known.</p>;
  const { versionId, startedAt, endedAt, marks, waitingFor } = propagation;
  const lengthMs = Math.max(at(endedAt) - at(startedAt), 1);
  const x = (ms: number): number => labelPx + (ms / lengthMs) * (widthPx - labelPx - rightPx);
  const height = headPx + (marks.length + waitingFor.length) * rowPx + 8;
  const summary = `Version ${versionId}: ${marks.length} mark${marks.length === 1 ? "" : "s"} in ${exactSpan(lengthMs)}${
    waitingFor.length === 0 ? "" : `, waiting for ${waitingFor.map(markTitle).join(", ")}`
  }.`;
  return (
    <figure class="propagation">
      <svg viewBox={`0 0 ${widthPx} ${height}`} role="img" aria-label={summary}>
        <Grid lengthMs={lengthMs} x={x} height={height} />
        {marks.map((mark, row) => {
          const [from, to] = [x(at(mark.startedAt) - at(startedAt)), x(at(mark.endedAt) - at(startedAt))];
          const middle = headPx + row * rowPx + rowPx / 2;
          return (
            <g key={`${mark.kind} ${mark.name} ${mark.endedAt}`} class={kindOf(mark)}>
              <text x={labelPx - 12} y={middle + 4} text-anchor="end">
                {markTitle(mark)}
              </text>
              <rect x={from} y={middle - 6} width={Math.max(to - from, 4)} height={12} rx={3} />
              <text class="tick" x={Math.max(to, from + 4) + 8} y={middle + 4}>
                {`+${exactSpan(at(mark.endedAt) - at(startedAt))}`}
              </text>
            </g>
          );
        })}
        {waitingFor.map((one, index) => {
          const middle = headPx + (marks.length + index) * rowPx + rowPx / 2;
          return (
            <g key={`${one.kind} ${one.name}`} class="waiting">
              <text x={labelPx - 12} y={middle + 4} text-anchor="end">
                {markTitle(one)}
              </text>
              <line x1={labelPx} x2={widthPx - rightPx} y1={middle} y2={middle} />
              <text class="tick" x={widthPx - rightPx + 8} y={middle + 4}>
                waited for
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>{summary}</figcaption>
      <Table propagation={propagation} />
    </figure>
  );
}
