import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { type Rotation, rotationOf } from "../../rotation/rotation-context.ts";
import { type RotationFacts, rotationFacts } from "../../rotation/rotation-facts.ts";
import { alternateSuffix } from "../../rotation/strategies/alternating-users.ts";
import { type DatabaseSecret, parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { unknownTags } from "../../tags/tag-table.ts";
import { checkRotatedHere } from "../by-hand/rotated-elsewhere.ts";
import { type Finding, finding } from "./findings.ts";

export interface CheckedSecret {
  readonly facts: RotationFacts;
  readonly rotation: Rotation;
  /** What the next rotation would set, with a password made for this look; absent where the server makes it. */
  readonly pending: DatabaseSecret | undefined;
  readonly findings: readonly Finding[];
}

function describeFindings({
  labels,
  rotationEnabled,
  tags,
  replicas = new Map(),
}: SecretDescription): readonly Finding[] {
  const pending = [...labels].find(([, on]) => on.includes("AWSPENDING") && !on.includes("AWSCURRENT"))?.[0];
  return [
    ...(rotationEnabled ? [] : [finding("rotation-off")]),
    ...unknownTags(tags).map((tag) => finding("tag-unknown", { tag })),
    ...(pending === undefined ? [] : [finding("pending-left", { version: pending })]),
    ...[...replicas].filter(([, state]) => state !== "InSync").map(([region]) => finding("replica-behind", { region })),
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
  const version = await deps.store.read(description.secretArn, { label: "AWSCURRENT" }, call);
  if (version === undefined) {
    throw new RekeyError("secret-not-found", { context: { secret: description.secretArn, label: "AWSCURRENT" } });
  }
  const rotation = rotationOf(deps, version.value, facts, call);
  const { strategy, current, hosts } = rotation;
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
      ...describeFindings(description),
      ...(alternates && !hosts[0].hasAdmin ? [finding("admin-not-set", { user: username })] : []),
      ...(alternates && !isNamed && username.endsWith(alternateSuffix)
        ? [finding("pair-of-alternate", { user: username, alternate: `${username}${alternateSuffix}` })]
        : []),
      ...(mode === "verify-full" ? [] : [finding("tls-not-verified", { mode })]),
    ],
  };
}
