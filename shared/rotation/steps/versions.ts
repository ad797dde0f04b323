import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { RotationDependencies } from "../dependencies.ts";
import { logsInEverywhere } from "../every-host.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import type { StoredVersion } from "../../ports/secret-store.ts";
import { comparePending } from "../pending.ts";
import { type Rotation, rotationOf } from "../rotation-context.ts";
import type { Remembered } from "../rotation-memory.ts";

/** AWSCURRENT and AWSPENDING, compared before anything is contacted. */
export interface LoadedRotation {
  readonly rotation: Rotation;
  readonly pending: DatabaseSecret;
}

/** Errors: `secret-not-found` for a secret without a current value. */
export async function readCurrent(
  deps: RotationDependencies,
  secretId: string,
  call: CallOptions,
): Promise<StoredVersion> {
  const current = await deps.store.read(secretId, { label: "AWSCURRENT" }, call);
  if (current === undefined)
    throw new RekeyError("secret-not-found", { context: { secret: secretId, label: "AWSCURRENT" } });
  return current;
}

/** This request's AWSPENDING value: `undefined` when the label is elsewhere or the version has no value yet. */
export async function readPending(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<SecretValue | undefined> {
  const at = { label: "AWSPENDING", versionId: request.versionId } as const;
  return (await deps.store.read(request.secretId, at, call))?.value;
}

const versionsSearched = 20;

/** The version that was current when the abandoned one was made; `undefined` when Secrets Manager no longer has it. */
export async function currentBefore(
  { store }: RotationDependencies,
  secretId: string,
  {
    current,
    abandoned,
    hasPrevious,
  }: { readonly current: StoredVersion; readonly abandoned: StoredVersion; readonly hasPrevious: boolean },
  call: CallOptions,
): Promise<StoredVersion | undefined> {
  const isOlder = (version: StoredVersion | undefined): boolean =>
    version !== undefined && version.createdAt < abandoned.createdAt;
  if (isOlder(current)) return current;
  const previous = hasPrevious ? await store.read(secretId, { label: "AWSPREVIOUS" }, call) : undefined;
  if (isOlder(previous)) return previous;
  return (await store.unlabelled(secretId, versionsSearched, call)).find(isOlder);
}

/** Whether what somebody put by hand works as it is. A value that cannot be tried does not. */
export async function currentLogsIn(
  deps: RotationDependencies,
  { facts }: Remembered,
  { value }: StoredVersion,
  call: CallOptions,
): Promise<boolean> {
  try {
    const { current, hosts } = rotationOf(deps, value, facts, call);
    return await logsInEverywhere(deps.engine, current, hosts);
  } catch (error) {
    if (isRekeyError(error)) return false;
    throw error;
  }
}

/** Errors: `pending-tampered`, `secret-malformed`, `engine-unsupported`. */
export function load(
  deps: RotationDependencies,
  remembered: Remembered,
  values: { readonly current: SecretValue; readonly pending: SecretValue },
  call: CallOptions,
): LoadedRotation {
  const rotation = rotationOf(deps, values.current, remembered.facts, call);
  const pending = parseDatabaseSecret(values.pending);
  comparePending(rotation, pending);
  const { policy } = remembered.facts;
  remembered.changesAtFinish = rotation.strategy.replacesCurrent && policy.changeAt === "finishSecret";
  remembered.kind = { engine: rotation.current.engine, strategy: rotation.strategy.name };
  remembered.compared = true;
  return { rotation, pending };
}
