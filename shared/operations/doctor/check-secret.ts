import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import { checkAccepted } from "../../rotation/experimental.ts";
import { readCurrent } from "../../rotation/read-current.ts";
import { type SecretDescription, versionUnderWay } from "../../ports/secret-store.ts";
import { type Rotation, rotationOf } from "../../rotation/rotation-context.ts";
import { type RotationFacts, rotationFacts } from "../../rotation/rotation-facts.ts";
import { alternateSuffix } from "../../rotation/strategies/alternating-users.ts";
import { type DatabaseSecret, parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { unknownTags } from "../../tags/tag-table.ts";
import { checkRotatedHere } from "../by-hand/operator-request.ts";
import { type CheckResult, checkResult } from "./check-results.ts";

export interface CheckedSecret {
  readonly facts: RotationFacts;
  readonly rotation: Rotation;
  /** What the next rotation would set, with a password made for this look; absent where the server makes it. */
  readonly pending: DatabaseSecret | undefined;
  readonly findings: readonly CheckResult[];
}

/** Of its tags and its replicas. */
export const tagAndReplicaResults = ({ tags, replicas = new Map() }: SecretDescription): readonly CheckResult[] => [
  ...unknownTags(tags).map((tag) => checkResult("tag-unknown", { tag })),
  ...[...replicas]
    .filter(([, state]) => state !== "InSync")
    .map(([region]) => checkResult("replica-behind", { region })),
];

function describedResults(description: SecretDescription): readonly CheckResult[] {
  const pending = versionUnderWay(description);
  return [
    ...(description.rotationEnabled ? [] : [checkResult("rotation-off")]),
    ...(pending === undefined ? [] : [checkResult("pending-left", { version: pending })]),
    ...tagAndReplicaResults(description),
  ];
}

/**
 * The secret by itself, before any server is contacted: its tags, its shape, its derived fields, its pair of users, its
 * labels and replicas. Errors: what its next rotation would fail with in createSecret.
 */
export async function checkSecret(
  deps: RotationDependencies,
  description: SecretDescription,
  call: CallOptions,
): Promise<CheckedSecret> {
  if (description.deletedAt !== undefined) {
    throw new RekeyError("store-rejected", {
      context: { secret: description.secretArn, reason: "marked for deletion" },
    });
  }
  checkRotatedHere(description);
  const facts = rotationFacts(description);
  const version = await readCurrent(deps.store, description.secretArn, call);
  const rotation = rotationOf(deps, version.value, facts, call);
  const { strategy, current, hosts } = rotation;
  checkAccepted(deps.engine, facts, current.engine);
  const newPassword = (): SecretValue => deps.generatePassword(facts.policy.password);
  // A credential that the server makes is not asked for; the other fields must still be renderable for one.
  const next = strategy.nextChangesServer
    ? withCredential(version.value, { ...current, password: newPassword() })
    : await strategy.next(version.value, hosts[0], newPassword);
  const pending = strategy.nextChangesServer ? undefined : parseDatabaseSecret(next);
  const alternates = strategy.name === "alternating-users";
  const { username, alternateUsers } = current;
  const isNamed = alternateUsers !== undefined || facts.policy.alternateUser !== undefined;
  const { mode } = hosts[0].target.tls;
  return {
    facts,
    rotation,
    pending,
    findings: [
      ...describedResults(description),
      ...(deps.engine.isExperimental === true ? [checkResult("engine-untested", { engine: current.engine })] : []),
      ...(alternates && !hosts[0].hasAdmin && deps.engine.pairsWithoutAdmin !== true
        ? [checkResult("admin-not-set", { user: username })]
        : []),
      ...(alternates && !isNamed && username.endsWith(alternateSuffix)
        ? [checkResult("pair-of-alternate", { user: username, alternate: `${username}${alternateSuffix}` })]
        : []),
      ...(mode === "verify-full" ? [] : [checkResult("tls-not-verified", { mode })]),
    ],
  };
}
