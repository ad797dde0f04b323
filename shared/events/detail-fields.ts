import type { RotationEvent } from "./rotation-event.ts";

type DetailType = RotationEvent["type"];

/** What each event says besides `schemaVersion` and `at`: the properties of its schema in `events/`. */
export const detailFields: Readonly<Record<DetailType, readonly string[]>> = {
  "Secret Deleted": ["secretArn", "secretName", "recoverable"],
  "Secret Finding": ["secretArn", "secretName", "finding", "versionId", "repaired"],
  "Secret Mirrored": ["secretArn", "secretName", "versionId", "revision", "written", "cluster"],
  "Secret Replicated": ["secretArn", "secretName", "versionId", "regionsInSync", "regionsBehind", "regionsFailed"],
  "Secret Restored": ["secretArn", "secretName", "versionId"],
  "Secret Retired": ["secretArn", "secretName", "versionId", "retiredVersionId"],
  "Secret Retagged": ["secretArn", "secretName", "tags"],
  "Secret Rotated": ["secretArn", "secretName", "versionId", "previousVersionId", "origin", "engine", "strategy"],
  "Secret Rotation Failed": ["secretArn", "secretName", "versionId", "step", "code", "disposition"],
  "Secret Rotation Stopped": ["secretArn", "secretName", "outcome", "step", "pendingVersionId"],
};
