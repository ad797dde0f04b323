import { RekeyError, isRekeyError } from "../errors/rekey-error.ts";
import type { CallOptions, EventPublisher, Mirror, SecretStore } from "../rotation/ports.ts";

export interface Mirrored {
  readonly outcome: "written" | "unchanged" | "gone";
  readonly versionId?: string;
  readonly revision?: number;
}

/**
 * Brings the mirror to what is AWSCURRENT now, whatever event asked for it: a lost, repeated or late event costs time,
 * never correctness. A secret that is deleted or never had a value is `gone`, and its mirror is left as it is. Publishes
 * `Secret Mirrored`, also when an earlier run wrote the version: it may have died before it could tell.
 */
export async function mirrorCurrent(
  ports: { readonly store: SecretStore; readonly mirror: Mirror; readonly publisher: EventPublisher },
  secretId: string,
  call: CallOptions,
): Promise<Mirrored> {
  try {
    const { secretArn, name, tags, deletedAt } = await ports.store.describe(secretId, call);
    const current =
      deletedAt === undefined ? await ports.store.read(secretArn, { label: "AWSCURRENT" }, call) : undefined;
    if (current === undefined) return { outcome: "gone" };
    const { versionId, value, createdAt } = current;
    const entry = { secretArn, secretName: name, versionId, createdAt, value, tags };
    const { revision, written } = await ports.mirror.write(entry, call);
    await ports.publisher.publish(
      { type: "Secret Mirrored", secretArn, secretName: name, versionId, revision, written },
      call,
    );
    return { outcome: written ? "written" : "unchanged", versionId, revision };
  } catch (error) {
    if (isRekeyError(error, "secret-not-found")) return { outcome: "gone" };
    throw error;
  }
}

/** The secret's ARN in one of rekey's events as EventBridge delivers it. Errors: `event-malformed`. */
export function secretArnOf(body: string): string {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    throw new RekeyError("event-malformed", { context: { problem: "not JSON" } });
  }
  const detail: unknown = typeof event === "object" && event !== null ? Reflect.get(event, "detail") : undefined;
  const secretArn: unknown =
    typeof detail === "object" && detail !== null ? Reflect.get(detail, "secretArn") : undefined;
  if (typeof secretArn !== "string" || !secretArn.startsWith("arn:")) {
    throw new RekeyError("event-malformed", { context: { problem: "no detail.secretArn" } });
  }
  return secretArn;
}
