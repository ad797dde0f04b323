import { isRotationUnderWay, rotatedByAws, versionWithLabel } from "../../ports/secret-store.ts";
import { describedFindings } from "../reconciling/compare-secret.ts";
import { subscribersOf } from "../retiring/retire-replaced.ts";
import type { Health } from "./health.ts";
import type { ListedSecret } from "../../ports/secret-administration.ts";
import { mirrorTag, rotationReasonTag, strategyTag } from "../../tags/tag-names.ts";
import { defined } from "../../secrets/defined.ts";

export interface SecretSummary {
  readonly secretArn: string;
  readonly name: string;
  readonly health: Health;
  readonly versionId?: string;
  /** Since the last rotation, or since it was made. */
  readonly ageMs?: number;
  readonly lastRotatedAt?: Date;
  readonly nextRotationAt?: Date;
  readonly rotationFunctionArn?: string;
  /** Who manages it in place of rekey: the AWS service that owns it, or the partner of this type. */
  readonly managedBy?: string;
  /** The same, where AWS rotates it without a function. */
  readonly rotatedByAws?: string;
  /** The tag `rekey:strategy`; absent: what the engine does without it. */
  readonly strategy?: string;
  readonly mirrored: boolean;
  /** The tag `rekey:subscribers`. */
  readonly subscribers: readonly string[];
  /** The tag `rekey:rotation-reason`: why it was last rotated by hand. */
  readonly reason?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** All but what changes only because time goes by. */
export const lasting = ({ ageMs: _age, ...summary }: SecretSummary): Omit<SecretSummary, "ageMs"> => summary;

function healthOf(secret: ListedSecret, nowMs: number): Health {
  if (secret.deletedAt !== undefined) return "deleted";
  const found = new Set(describedFindings(secret, nowMs).map(({ finding }) => finding));
  if (versionWithLabel(secret, "AWSCURRENT") === undefined) return "empty";
  if (found.has("pending-stuck")) return "stuck";
  if (found.has("rotation-overdue")) return "overdue";
  const isUnderWay = isRotationUnderWay(secret);
  if (!secret.rotationEnabled) return isUnderWay ? "stuck" : "off";
  return isUnderWay ? "rotating" : "healthy";
}

/** What a list or a description says about a secret, without a further call. */
export function summaryOf(secret: ListedSecret, nowMs: number): SecretSummary {
  const { secretArn, name, managedBy, lastRotatedAt, nextRotationAt, rotationFunctionArn, createdAt, tags } = secret;
  const versionId = versionWithLabel(secret, "AWSCURRENT");
  const since = lastRotatedAt ?? createdAt;
  const strategy = tags.get(strategyTag);
  const reason = tags.get(rotationReasonTag);
  return {
    secretArn,
    name,
    health: healthOf(secret, nowMs),
    ...defined({ versionId }),
    ...(since === undefined ? {} : { ageMs: Math.max(nowMs - since.getTime(), 0) }),
    ...defined({ lastRotatedAt, nextRotationAt, rotationFunctionArn, managedBy, rotatedByAws: rotatedByAws(secret) }),
    ...defined({ strategy }),
    mirrored: secret.deletedAt === undefined && tags.get(mirrorTag) !== "false",
    subscribers: subscribersOf(secret),
    ...defined({ reason }),
    tags: Object.fromEntries(tags),
  };
}
