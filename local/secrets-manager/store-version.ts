import type { Backend } from "./operations.ts";
import type { Secret, SecretContent, SecretVersion } from "./secret.ts";
import { putVersion } from "./versions.ts";

/**
 * Stores a value as `putVersion` does, with what follows from it: a rotation that makes another version is abandoned, a
 * new current value counts as a rotation for the schedule, and the labels' moves are told. Errors: those of `putVersion`.
 */
export function storeVersion(
  { engine, events, nowMs }: Backend,
  secret: Secret,
  versionId: string,
  content: SecretContent,
  stages: readonly string[] | undefined,
): SecretVersion {
  const { version, moved } = putVersion(secret, versionId, content, stages, nowMs());
  if (moved.length > 0) engine.versionStored(secret, versionId);
  if (moved.includes("AWSCURRENT")) engine.schedule(secret);
  for (const label of moved) events.labelMoved(secret, label, versionId);
  return version;
}
