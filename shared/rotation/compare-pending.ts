import { RekeyError } from "../errors/rekey-error.ts";
import type { DatabaseSecret } from "../secrets/database-secret.ts";
import type { Credential } from "../ports/database-engine.ts";
import type { Rotation } from "./rotation-context.ts";

export const isCopyOfCurrent = (current: Credential, pending: Credential): boolean =>
  pending.username === current.username && pending.password.equals(current.password);

/**
 * Compares AWSPENDING with what this rotation would have made, before any connection is opened. A copy of AWSCURRENT is
 * also right: Secrets Manager tests one when a rotation is set up without rotating at once. Errors: `pending-tampered`,
 * naming the field.
 */
export function comparePending({ strategy, current, hosts }: Rotation, pending: DatabaseSecret): void {
  const expectedUsername = isCopyOfCurrent(current, pending)
    ? current.username
    : strategy.expectedUsername(current, hosts[0].policy);
  const kept = ["engine", "host", "port", "dbname", "authSource", "masterArn", "tlsMode", "tlsCa"] as const;
  const other = kept.find((field) => pending[field] !== current[field]);
  const field =
    other ??
    (JSON.stringify(pending.otherHosts) === JSON.stringify(current.otherHosts) ? undefined : "hosts") ??
    (expectedUsername === undefined || pending.username === expectedUsername ? undefined : "username");
  if (field !== undefined) throw new RekeyError("pending-tampered", { context: { field } });
}
