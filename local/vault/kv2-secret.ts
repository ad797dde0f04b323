import type { CustomMetadata } from "./custom-metadata.ts";
import { formatDuration } from "./duration.ts";
import { isoTime, VaultRefusal } from "./exchange.ts";

export interface Kv2Settings {
  /** 0: as the mount says, and 10 where that says nothing. */
  maxVersions: number;
  casRequired: boolean;
  deleteAfterSeconds: number;
}

interface Version {
  readonly createdMs: number;
  deletedMs: number | undefined;
  destroyed: boolean;
  data: unknown;
}

/** One key of a KV version 2 mount with its versions. */
export interface Kv2Secret extends Kv2Settings {
  readonly createdMs: number;
  updatedMs: number;
  current: number;
  oldest: number;
  custom: CustomMetadata | null;
  readonly versions: Map<number, Version>;
}

const defaultMaxVersions = 10;

export const emptySecret = (nowMs: number): Kv2Secret => ({
  maxVersions: 0,
  casRequired: false,
  deleteAfterSeconds: 0,
  createdMs: nowMs,
  updatedMs: nowMs,
  current: 0,
  oldest: 0,
  custom: null,
  versions: new Map(),
});

/** `cas` is what the writer believes to be the current version, 0 for none yet. */
export function checkAndSet(current: number, required: boolean, cas: number | undefined): void {
  if (cas === undefined && required) throw new VaultRefusal(400, "check-and-set parameter required for this call");
  if (cas !== undefined && cas !== current) {
    throw new VaultRefusal(400, "check-and-set parameter did not match the current version");
  }
}

export function addVersion(secret: Kv2Secret, data: unknown, mount: Kv2Settings, nowMs: number): void {
  const deleteAfterSeconds = secret.deleteAfterSeconds || mount.deleteAfterSeconds;
  const deletedMs = deleteAfterSeconds > 0 ? nowMs + deleteAfterSeconds * 1000 : undefined;
  secret.current += 1;
  secret.updatedMs = nowMs;
  secret.versions.set(secret.current, { createdMs: nowMs, deletedMs, destroyed: false, data });
  const kept = Math.max(secret.maxVersions || mount.maxVersions || defaultMaxVersions, 1);
  for (const version of secret.versions.keys()) if (version <= secret.current - kept) secret.versions.delete(version);
  if (secret.current > kept) secret.oldest = secret.current - kept + 1;
}

/** A version with a time of deletion that has not come yet can be read. */
export const isReadable = (version: Version, nowMs: number): boolean =>
  !version.destroyed && (version.deletedMs === undefined || version.deletedMs > nowMs);

const marks = (version: Version): Readonly<Record<string, unknown>> => ({
  created_time: isoTime(version.createdMs),
  deletion_time: version.deletedMs === undefined ? "" : isoTime(version.deletedMs),
  destroyed: version.destroyed,
});

export const versionMetadata = (
  secret: Kv2Secret,
  number: number,
  version: Version,
): Readonly<Record<string, unknown>> => ({ ...marks(version), custom_metadata: secret.custom, version: number });

export const secretMetadata = (secret: Kv2Secret): Readonly<Record<string, unknown>> => ({
  cas_required: secret.casRequired,
  created_time: isoTime(secret.createdMs),
  current_version: secret.current,
  custom_metadata: secret.custom,
  delete_version_after: formatDuration(secret.deleteAfterSeconds),
  max_versions: secret.maxVersions,
  oldest_version: secret.oldest,
  updated_time: isoTime(secret.updatedMs),
  versions: Object.fromEntries([...secret.versions].map(([number, version]) => [String(number), marks(version)])),
});

export function deleteVersion(secret: Kv2Secret, number: number, nowMs: number): void {
  const version = secret.versions.get(number);
  if (version !== undefined && isReadable(version, nowMs)) version.deletedMs = nowMs;
}

export function undeleteVersion(secret: Kv2Secret, number: number): void {
  const version = secret.versions.get(number);
  if (version !== undefined && !version.destroyed) version.deletedMs = undefined;
}

export function destroyVersion(secret: Kv2Secret, number: number): void {
  const version = secret.versions.get(number);
  if (version !== undefined) Object.assign(version, { destroyed: true, data: null });
}
