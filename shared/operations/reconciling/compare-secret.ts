import type { CallOptions } from "../../ports/call.ts";
import {
  type SecretDescription,
  type SecretStore,
  versionUnderWay,
  versionWithLabel,
} from "../../ports/secret-store.ts";
import type { Finding } from "../../events/rotation-event.ts";
import { isMirrored } from "../mirroring/is-mirrored.ts";
import type { MirrorAudit, MirrorCluster, MirrorHolding, MirrorState } from "../../ports/mirror.ts";
import { defined } from "../../secrets/defined.ts";

export interface Found {
  readonly finding: Finding;
  readonly versionId?: string;
  readonly repairable: boolean;
}

/** How long a rotation may take, and its retries, before somebody is told. */
const patienceMs = 3_600_000;

/** Only what brings the mirror forward is safe; an altered or a newer mirror is somebody's decision. */
const byState: Readonly<Record<Exclude<MirrorState, "same">, Omit<Found, "versionId">>> = {
  missing: { finding: "mirror-missing", repairable: true },
  older: { finding: "mirror-older", repairable: true },
  newer: { finding: "mirror-newer", repairable: false },
  altered: { finding: "mirror-altered", repairable: false },
  foreign: { finding: "mirror-foreign", repairable: false },
};

/** Of what is not to be there. What nobody can be shown to own is somebody's decision, too. */
const byHolding = (own: Found): Readonly<Record<MirrorHolding, readonly Found[]>> => ({
  own: [own],
  unproven: [{ finding: "mirror-foreign", repairable: false }],
  nothing: [],
});

const aboutCurrent = (versionId: string | undefined): Pick<Found, "versionId"> => defined({ versionId });

/** What the description alone tells; nothing of a secret that is deleted, or of a rotation that others make. */
export function describedFindings(description: SecretDescription, nowMs: number): readonly Found[] {
  if (description.deletedAt !== undefined) return [];
  const { rotationEnabled, nextRotationAt, changedAt, labels, replicas = new Map() } = description;
  const isOld = (date: Date | undefined): boolean => date !== undefined && date.getTime() < nowMs - patienceMs;
  const current = versionWithLabel(description, "AWSCURRENT");
  const pending = versionUnderWay(description);
  const found: Found[] = [];
  if (current === undefined && (rotationEnabled || labels.size > 0)) {
    found.push({ finding: "current-missing", repairable: false });
  }
  const isOurs = description.managedBy === undefined;
  if (isOurs && pending !== undefined && isOld(changedAt)) {
    found.push({ finding: "pending-stuck", versionId: pending, repairable: false });
  }
  if (isOurs && rotationEnabled && isOld(nextRotationAt)) {
    found.push({ finding: "rotation-overdue", repairable: false });
  }
  const states = new Set(replicas.values());
  if (states.has("Failed")) found.push({ finding: "replica-failed", ...aboutCurrent(current), repairable: false });
  if (states.has("InProgress") && isOld(changedAt)) {
    found.push({ finding: "replica-behind", ...aboutCurrent(current), repairable: false });
  }
  return found;
}

/**
 * Since when the secret has its value, as its description tells: its last rotation, or its last change of any kind where it
 * was never rotated. None for a secret without a value or one that is deleted.
 */
export function valueSince(description: SecretDescription): Date | undefined {
  const { deletedAt, lastRotatedAt, changedAt } = description;
  const hasValue = deletedAt === undefined && versionWithLabel(description, "AWSCURRENT") !== undefined;
  return hasValue ? (lastRotatedAt ?? changedAt) : undefined;
}

/**
 * What the mirror shows beside AWSCURRENT; nothing for a secret without a value. Where the secret is not to be mirrored,
 * what the mirror still shows; of a secret that belongs to another cluster,
 * a copy that lies here. Errors: those of the ports; `option-invalid` for a tag.
 */
export async function comparedFindings(
  ports: {
    readonly store: Pick<SecretStore, "read">;
    readonly audit: MirrorAudit;
    readonly cluster?: MirrorCluster;
  },
  description: SecretDescription,
  call: CallOptions,
): Promise<readonly Found[]> {
  const { secretArn, name: secretName, tags } = description;
  const secret = { secretArn, secretName, tags };
  if (ports.cluster?.mirrors(secret) === false) {
    return byHolding({ finding: "mirror-stray", repairable: false })[await ports.audit.holding(secret, call)];
  }
  if (!isMirrored(description)) {
    return byHolding({ finding: "mirror-left", repairable: true })[await ports.audit.holding(secret, call)];
  }
  const current = await ports.store.read(secretArn, { label: "AWSCURRENT" }, call);
  if (current === undefined) return [];
  const state = await ports.audit.compare({ ...secret, ...current }, call);
  return state === "same" ? [] : [{ ...byState[state], versionId: current.versionId }];
}
