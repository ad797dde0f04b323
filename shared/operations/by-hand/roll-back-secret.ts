import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import { logsInEverywhere } from "../../rotation/every-host.ts";
import type { CallOptions } from "../../ports/call.ts";
import {
  type SecretDescription,
  type StoredVersion,
  versionUnderWay,
  versionWithLabel,
} from "../../ports/secret-store.ts";
import { rotationOf } from "../../rotation/rotation-context.ts";
import { rotationFacts } from "../../rotation/rotation-facts.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import { checkRotatedHere, reasonTag, uuidOf } from "./operator-request.ts";

/** On the version that a rollback made, for as long as no other rollback makes one. */
const rollbackLabel = "rekey-rollback";

export interface RollbackPorts {
  readonly rotation: RotationDependencies;
  readonly administration: Pick<FleetPorts["administration"], "putLabelled" | "tag">;
}

export interface RollbackOptions {
  /** Kept in the secret's tag `rekey:rotation-reason`. */
  readonly reason?: string;
  /** The VersionId of the plan that was shown: where the secret has changed since, the rollback is refused. */
  readonly expects?: string;
}

export interface RollbackPlan {
  readonly secretArn: string;
  readonly strategy: string;
  readonly username: string;
  readonly currentVersionId: string;
  readonly previousVersionId: string;
  /** When the credential that comes back was made. */
  readonly previousCreatedAt: Date;
  /** The version that will hold it. */
  readonly versionId: string;
}

interface Checked {
  readonly plan: RollbackPlan;
  readonly previous: StoredVersion;
}

const refuse = (secret: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("rollback-refused", { context: { secret, problem }, hint });

/** What must be so before a value is read. */
function labelsOf(description: SecretDescription): { readonly current: string; readonly previous: string } {
  const { secretArn, labels } = description;
  const current = versionWithLabel(description, "AWSCURRENT");
  const previous = versionWithLabel(description, "AWSPREVIOUS");
  const version = versionUnderWay(description);
  if (version !== undefined) throw new RekeyError("rotation-under-way", { context: { secret: secretArn, version } });
  if (current === undefined || previous === undefined) throw refuse(secretArn, "there is no AWSPREVIOUS");
  if (labels.get(current)?.includes(rollbackLabel) === true)
    throw refuse(secretArn, "AWSCURRENT is a rollback already");
  return { current, previous };
}

async function readVersion(
  { store }: RotationDependencies,
  secretArn: string,
  versionId: string,
  label: "AWSCURRENT" | "AWSPREVIOUS",
  call: CallOptions,
): Promise<StoredVersion> {
  const version = await store.read(secretArn, { label, versionId }, call);
  if (version === undefined) throw refuse(secretArn, `${label} has no value, or has just been moved`);
  return version;
}

const replacedHint =
  "a single user's password was replaced on the server by the rotation, so the one before it is gone: rotate anew instead";

async function check({ rotation: deps }: RollbackPorts, secretId: string, call: CallOptions): Promise<Checked> {
  const description = await deps.store.describe(secretId, call);
  const { secretArn } = description;
  checkRotatedHere(description);
  const labels = labelsOf(description);
  const current = await readVersion(deps, secretArn, labels.current, "AWSCURRENT", call);
  const previous = await readVersion(deps, secretArn, labels.previous, "AWSPREVIOUS", call);
  const facts = rotationFacts(description);
  const now = rotationOf(deps, current.value, facts, call);
  const before = rotationOf(deps, previous.value, facts, call);
  for (const field of ["engine", "host", "port", "dbname", "authSource"] as const) {
    if (now.current[field] !== before.current[field]) throw refuse(secretArn, `AWSPREVIOUS has another ${field}`);
  }
  const isIn = await logsInEverywhere(deps.engine, before.current, before.hosts).catch((error: unknown) => {
    if (isRekeyError(error, "credential-refused") || isRekeyError(error, "credential-expired")) return false;
    throw error;
  });
  if (!isIn) {
    throw refuse(
      secretArn,
      "AWSPREVIOUS does not log in",
      before.strategy.replacesCurrent ? replacedHint : "its credential was retired or changed: rotate anew instead",
    );
  }
  const plan = {
    secretArn,
    strategy: before.strategy.name,
    username: before.current.username,
    currentVersionId: labels.current,
    previousVersionId: labels.previous,
    previousCreatedAt: previous.createdAt,
    versionId: await uuidOf("rekey rollback", secretArn, labels.current, labels.previous),
  };
  return { plan, previous };
}

/**
 * What a rollback would do, with AWSPREVIOUS seen to log in on every host. Changes nothing. Errors: `rollback-refused` with
 * the problem, `rotated-elsewhere`, `rotation-under-way`, and what a login or the store fails with.
 */
export const planRollback = async (ports: RollbackPorts, secretId: string, call: CallOptions): Promise<RollbackPlan> =>
  (await check(ports, secretId, call)).plan;

/**
 * Makes the credential of AWSPREVIOUS current again, after it was seen to log in on every host. Its value is stored as a new
 * version, which then takes AWSCURRENT from the very version that was seen there: mirrors and caches, which never go back to
 * an older version, follow as they follow a rotation, and the version left behind becomes AWSPREVIOUS. Nothing is changed on
 * the server: with alternating users, two passwords or two keys both log in until the replaced one is retired; a single
 * user's former password does not, and that is refused.
 *
 * The new version has a VersionId made of the two, so the call may be repeated after any failure; once it has succeeded, a
 * repetition is refused. Two writes. Errors: those of `planRollback`.
 */
export async function rollBackSecret(
  ports: RollbackPorts,
  secretId: string,
  { reason, expects }: RollbackOptions,
  call: CallOptions,
): Promise<RollbackPlan> {
  const tags = reason === undefined ? undefined : reasonTag(reason);
  const { plan, previous } = await check(ports, secretId, call);
  const { secretArn, versionId, currentVersionId: from } = plan;
  if (expects !== undefined && versionId !== expects) {
    throw refuse(secretArn, "the secret has changed since the plan was shown", "look at the new plan");
  }
  if (tags !== undefined) await ports.administration.tag(secretArn, tags, call);
  await ports.administration.putLabelled(secretArn, { versionId, value: previous.value, label: rollbackLabel }, call);
  await ports.rotation.store.promote({ step: "finishSecret", secretId: secretArn, versionId }, { from }, call);
  return plan;
}
