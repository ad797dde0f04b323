import type { Propagation, PropagationMark } from "../../../shared/operations/fleet/propagation.ts";
import { columns } from "../../output/columns.ts";

const seconds = (ms: number): string => `+${(ms / 1_000).toFixed(3)} s`;

const what = ({ kind, outcome, code }: PropagationMark): string =>
  code === undefined ? (outcome ?? kind) : `${outcome ?? kind}: ${code}`;

/** A line for each mark, with its offset since the start and its length, and one for who is waited for. */
export function propagationLines({ versionId, startedAt, marks, waitingFor }: Propagation): readonly string[] {
  const offsets = marks.map((mark) => seconds(mark.startedAt.getTime() - startedAt.getTime()));
  const width = Math.max(...offsets.map(({ length }) => length));
  const rows = marks.map((mark, at) => {
    const lengthMs = mark.endedAt.getTime() - mark.startedAt.getTime();
    return ["", (offsets[at] ?? "").padStart(width), mark.name, what(mark), lengthMs === 0 ? "" : `${lengthMs} ms`];
  });
  const waits = waitingFor.map(({ kind, name }) => `${name} (${kind === "mirrored" ? "Vault" : "subscriber"})`);
  return [
    "",
    `Propagation of ${versionId}`,
    ...columns(rows, "left"),
    ...(waits.length === 0 ? [] : [`  waiting for ${waits.join(", ")}`]),
  ];
}
