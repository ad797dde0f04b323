import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { describeIfExists, type SecretDescription, type SecretStore } from "../../ports/secret-store.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import type { Finding } from "../../events/rotation-event.ts";
import { comparedFindings, describedFindings, type Found, valueSince } from "./compare-secret.ts";
import { concernsTheMirror, concernsTheWork } from "./error-scope.ts";
import type { ReconcileTask } from "./list-managed.ts";
import type { TaskQueue } from "../../ports/task-queue.ts";
import type { MirrorAudit, MirrorCluster } from "../../ports/mirror.ts";
import { defined } from "../../secrets/defined.ts";

export interface Reconciler {
  readonly store: Pick<SecretStore, "describe" | "read">;
  /** Absent where nothing is mirrored. */
  readonly audit?: MirrorAudit;
  /** Where several clusters share the secrets: the one that `audit` looks at. */
  readonly cluster?: MirrorCluster;
  /** Looks at the mirror alone: another stack's reconcile looks at the secrets themselves. */
  readonly mirrorAlone?: boolean;
  readonly publisher: EventPublisher;
  /** Takes the secrets whose logins are to be checked. Absent where none is. */
  readonly logins?: TaskQueue;
  readonly nowMs: () => number;
  /** Told of each secret that could not be examined wholly. */
  readonly skipped: (secretArn: string, error: RekeyError) => void;
}

export interface Reconciliation {
  readonly examined: number;
  readonly skipped: number;
  readonly repaired: number;
  readonly findings: ReadonlyMap<Finding, number>;
  /** Of the secrets examined, the one that has had its value longest. */
  readonly oldest?: { readonly secretArn: string; readonly since: Date };
}

async function tell(
  { publisher }: Reconciler,
  { secretArn, name: secretName }: SecretDescription,
  found: readonly Found[],
  call: CallOptions,
): Promise<void> {
  for (const { finding, versionId, repairable: repaired } of found) {
    const about = defined({ versionId });
    await publisher.publish({ type: "Secret Finding", secretArn, secretName, finding, ...about, repaired }, call);
  }
}

/**
 * Examines secrets one after the other and publishes one `Secret Finding` for each thing that is not as it should be; a
 * mirror that is missing, behind, or left of a secret that is deleted, is repaired by that very event, which the mirror's own rule takes. A secret that cannot
 * be examined is reported and passed over; when Vault is out of reach, no other mirror is looked at. Reads change nothing,
 * so the task may be repeated. Last, each login is handed over to be checked, so that a repeated task rarely asks for one
 * twice. Errors: those that concern every secret, such as `store-throttled`.
 */
export async function reconcile(
  reconciler: Reconciler,
  secretArns: readonly string[],
  call: CallOptions,
): Promise<Reconciliation> {
  const findings = new Map<Finding, number>();
  let { audit } = reconciler;
  let examined = 0;
  let skipped = 0;
  let repaired = 0;
  let oldest: Reconciliation["oldest"];
  for (const secretArn of secretArns) {
    try {
      const description = await describeIfExists(reconciler.store, secretArn, call);
      if (description === undefined) continue;
      const since = valueSince(description);
      if (since !== undefined && (oldest === undefined || since < oldest.since)) oldest = { secretArn, since };
      const described = reconciler.mirrorAlone === true ? [] : describedFindings(description, reconciler.nowMs());
      await tell(reconciler, description, described, call);
      const compared = audit === undefined ? [] : await comparedFindings({ ...reconciler, audit }, description, call);
      await tell(reconciler, description, compared, call);
      examined += 1;
      repaired += compared.filter(({ repairable }) => repairable).length;
      for (const { finding } of [...described, ...compared]) findings.set(finding, (findings.get(finding) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof RekeyError) || concernsTheWork(error)) throw error;
      skipped += 1;
      reconciler.skipped(secretArn, error);
      if (concernsTheMirror(error)) audit = undefined;
    }
  }
  for (const secretArn of reconciler.logins === undefined ? [] : secretArns) {
    await reconciler.logins?.send({ checkLogin: secretArn }, call);
  }
  return { examined, skipped, repaired, findings, ...defined({ oldest }) };
}

/** Reads what `JSON.stringify` made of a task; `{}` begins a look at everything. Errors: `event-malformed`. */
export function parseReconcileTask(text: string): ReconcileTask {
  try {
    const { cursor, secretArns }: Partial<Record<string, unknown>> = { ...JSON.parse(text) };
    if (Array.isArray(secretArns) && secretArns.every((arn) => typeof arn === "string")) return { secretArns };
    if (secretArns === undefined && (cursor === undefined || typeof cursor === "string")) {
      return defined({ cursor });
    }
  } catch {
    // Not JSON, which is refused below.
  }
  throw new RekeyError("event-malformed", { context: { problem: "not a task of reconcile" } });
}
