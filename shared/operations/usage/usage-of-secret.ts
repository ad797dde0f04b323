import type { ErrorCode } from "../../errors/codes.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ListedSecret } from "../../ports/secret-administration.ts";
import type { ReadsOfPrincipal, SecretReads } from "../../ports/secret-reads.ts";
import { defined } from "../../secrets/defined.ts";

export interface SecretUsage {
  readonly secretArn: string;
  readonly name: string;
  /** `unread`: nobody but rekey read it in the window. `new`: nobody yet, but it is younger than the window. */
  readonly use: "read" | "unread" | "new" | "unknown";
  /** Without rekey's own roles. Empty where CloudTrail was not asked: nobody read the secret at all. */
  readonly readers: readonly ReadsOfPrincipal[];
  /** How far back the readers are complete. */
  readonly readersSince?: Date;
  /** Whether a function rotates it, or AWS manages it. */
  readonly isCovered: boolean;
  /** Why CloudTrail could not be asked. */
  readonly code?: ErrorCode;
}

export interface UsagePorts {
  readonly reads: SecretReads;
  /** The account and the names of the roles whose reads are rekey's own. */
  readonly own: { readonly account: string; readonly roles: ReadonlySet<string> };
  readonly nowMs: () => number;
}

const dayMs = 86_400_000;

/** A role of the same name in another account is another role. */
const isOwn = ({ account, roles }: UsagePorts["own"], principal: string): boolean => {
  const [, , service, , owner, resource = ""] = principal.split(":");
  return (
    service === "iam" &&
    owner === account &&
    resource.startsWith("role/") &&
    roles.has(resource.split("/").at(-1) ?? "")
  );
};

/**
 * Whether a secret was read in the last days. Secrets Manager's own day of the last read says when nobody read it at all;
 * CloudTrail tells rekey's reads from others. Errors: `time-budget-spent`.
 */
export async function usageOfSecret(
  { reads, own, nowMs }: UsagePorts,
  secret: ListedSecret,
  days: number,
  call: CallOptions,
): Promise<SecretUsage> {
  const { secretArn, name, createdAt, accessedOn, rotationEnabled, managedBy } = secret;
  const isCovered = rotationEnabled || managedBy !== undefined;
  const start = new Date(nowMs() - days * dayMs);
  const unused = createdAt !== undefined && createdAt < start ? "unread" : "new";
  const base = { secretArn, name, isCovered };
  // The day is all that is known, so the read may have been at its end.
  if (accessedOn === undefined || accessedOn.getTime() + dayMs < start.getTime()) {
    return { ...base, use: unused, readers: [] };
  }
  try {
    const { readers: all, since } = await reads.of(secret, start, call);
    const readers = all.filter(({ principal }) => !isOwn(own, principal));
    // Accessed, but no record of it: then the records do not tell.
    const isTold = since <= start && all.length > 0;
    const use = readers.length > 0 ? "read" : isTold ? unused : "unknown";
    return { ...base, use, readers, ...defined({ readersSince: since }) };
  } catch (error) {
    if (!isRekeyError(error) || error.code === "time-budget-spent") throw error;
    return { ...base, use: "unknown", readers: [], code: error.code };
  }
}
