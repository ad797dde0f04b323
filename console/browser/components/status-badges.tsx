import type { Health } from "../../../shared/operations/fleet/health.ts";
import { mirrorText } from "../../../shared/operations/fleet/mirror-text.ts";
import type { AdoptionStatus, MirrorStatus } from "../../../shared/operations/fleet/secret-status.ts";
import type { Json } from "../../contract.ts";

/** Told by its shape and its word, and by colour besides. */
const marks = {
  healthy: ["good", "✓"],
  rotating: ["moving", "↻"],
  stuck: ["bad", "!"],
  overdue: ["bad", "!"],
  empty: ["bad", "!"],
  off: ["still", "–"],
  deleted: ["still", "×"],
} as const satisfies Readonly<Record<Health, readonly [string, string]>>;

export const HealthBadge = ({ health }: { readonly health: Health }) => (
  <span class={`badge ${marks[health][0]}`}>
    <span aria-hidden="true">{marks[health][1]}</span> {health}
  </span>
);

const mirrorKinds = {
  current: "good",
  behind: "moving",
  missing: "bad",
  left: "bad",
  unseen: "bad",
  off: "still",
} as const;

export const MirrorBadge = ({ mirror }: { readonly mirror: Json<MirrorStatus> }) => (
  <span class={`badge ${mirrorKinds[mirror.state]}`} title={mirror.cluster}>
    {mirrorText(mirror)}
  </span>
);

export const adoptionText = ({ state, adopted, waitingFor }: Json<AdoptionStatus>): string =>
  state === "unseen"
    ? state
    : adopted.length + waitingFor.length === 0
      ? "–"
      : `${adopted.length} of ${adopted.length + waitingFor.length}`;
