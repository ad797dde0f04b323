import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import {
  describeIfExists,
  type SecretDescription,
  type SecretStore,
  versionWithLabel,
} from "../../ports/secret-store.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import { secretNameIn } from "../../rotation/secret-name.ts";
import type { SecretAdministration } from "../../ports/secret-administration.ts";
import type { AwsEvent } from "../../events/aws-event.ts";
import { defined } from "../../secrets/defined.ts";

export interface Announcer {
  readonly store: Pick<SecretStore, "describe">;
  /** When each version was made. */
  readonly versions: SecretAdministration["versions"];
  readonly publisher: EventPublisher;
  /** Whether a secret is one that rekey looks after. */
  readonly manages: (secretArn: string) => boolean;
  /** Whether a rotation function is one that publishes what it does. */
  readonly announcesItself: (functionArn: string) => boolean;
}

/**
 * `announced`: published now. `known`: the rotation that made the version has published it. `superseded`: another version
 * is current, and its own event tells of it. `foreign`: not a secret of ours. `gone`: deleted. `under-way`: the rotation is
 * to publish it yet; ask again.
 */
export type Announcement = "announced" | "known" | "superseded" | "foreign" | "gone" | "under-way";

const idsOf = (secretArn: string): { readonly secretArn: string; readonly secretName: string } => ({
  secretArn,
  secretName: secretNameIn(secretArn),
});

/** EventBridge tells an event's time in whole seconds. */
const eventsResolutionMs = 1_000;

/**
 * Where a version's own rotation stands. Secrets Manager takes AWSPENDING off the current version, and sets LastRotatedDate,
 * when finishSecret has succeeded, and that step does not succeed before it has published. Where neither mark is there, a
 * human made the version; in the second in which a rotation ended, where it was made after that.
 */
async function rotationOf(
  { secretArn, rotationFunctionArn, lastRotatedAt, labels }: SecretDescription,
  { announcesItself, versions }: Announcer,
  { versionId, at }: { readonly versionId: string; readonly at: Date },
  call: CallOptions,
): Promise<"none" | "unfinished" | "finished"> {
  if (rotationFunctionArn === undefined || !announcesItself(rotationFunctionArn)) return "none";
  if (labels.get(versionId)?.includes("AWSPENDING") === true) return "unfinished";
  if (lastRotatedAt === undefined || lastRotatedAt < at) return "none";
  if (lastRotatedAt.getTime() - at.getTime() >= eventsResolutionMs) return "finished";
  const made = (await versions(secretArn, call)).find((version) => version.versionId === versionId);
  return made !== undefined && made.createdAt > lastRotatedAt ? "none" : "finished";
}

async function announceVersion(
  announcer: Announcer,
  moved: AwsEvent & { readonly kind: "label-moved" },
  { patient, call }: { readonly patient: boolean; readonly call: CallOptions },
): Promise<Announcement> {
  const description = await describeIfExists(announcer.store, moved.secretArn, call);
  if (description === undefined || description.deletedAt !== undefined) return "gone";
  if (versionWithLabel(description, "AWSCURRENT") !== moved.versionId) return "superseded";
  const rotation = await rotationOf(description, announcer, moved, call);
  if (rotation === "finished") return "known";
  if (rotation === "unfinished" && patient) return "under-way";
  const previousVersionId = versionWithLabel(description, "AWSPREVIOUS");
  await announcer.publisher.publish(
    {
      type: "Secret Rotated",
      ...idsOf(moved.secretArn),
      versionId: moved.versionId,
      ...defined({ previousVersionId }),
      origin: rotation === "none" ? "external" : "rotation",
      engine: "unknown",
      strategy: "none",
    },
    call,
  );
  return "announced";
}

async function announceExistence(announcer: Announcer, secretArn: string, call: CallOptions): Promise<Announcement> {
  const description = await describeIfExists(announcer.store, secretArn, call);
  const versionId = description === undefined ? undefined : versionWithLabel(description, "AWSCURRENT");
  await announcer.publisher.publish(
    description === undefined || description.deletedAt !== undefined
      ? { type: "Secret Deleted", ...idsOf(secretArn), recoverable: description !== undefined }
      : { type: "Secret Restored", ...idsOf(secretArn), ...defined({ versionId }) },
    call,
  );
  return "announced";
}

/** Only the description tells which secret a name is; one that the role may not see is none of ours. */
async function announceTags(
  announcer: Announcer,
  { secretId, tags }: AwsEvent & { readonly kind: "retagged" },
  call: CallOptions,
): Promise<Announcement> {
  const description = await describeIfExists(announcer.store, secretId, call).catch((error: unknown) => {
    if (isRekeyError(error, "access-denied")) return "foreign" as const;
    throw error;
  });
  if (description === undefined) return "gone";
  if (description === "foreign" || !announcer.manages(description.secretArn)) return "foreign";
  const { secretArn, name: secretName } = description;
  await announcer.publisher.publish({ type: "Secret Retagged", secretArn, secretName, tags }, call);
  return "announced";
}

async function announceStop(
  announcer: Announcer,
  { secretArn, outcome, step }: AwsEvent & { readonly kind: "rotation-stopped" },
  call: CallOptions,
): Promise<Announcement> {
  const description = await describeIfExists(announcer.store, secretArn, call);
  if (description === undefined) return "gone";
  const pendingVersionId = versionWithLabel(description, "AWSPENDING");
  await announcer.publisher.publish(
    {
      type: "Secret Rotation Stopped",
      ...idsOf(secretArn),
      outcome,
      ...defined({ step, pendingVersionId }),
    },
    call,
  );
  return "announced";
}

/**
 * Makes what AWS says of a secret rekey's own event, so that a change by hand reaches subscribers like a rotation.
 *
 * A version whose rotation has published it is not published again, which needs no memory (see `rotationOf`). One whose
 * rotation is unfinished is `under-way` while `patient`, and published without patience: its function died between
 * promotion and publication. Everything else is published; a repeated delivery publishes again, which costs subscribers
 * nothing, since they know a version that they have. At most two calls to Secrets Manager and one to the bus.
 */
export async function announceChange(
  announcer: Announcer,
  event: AwsEvent,
  options: { readonly patient: boolean; readonly call: CallOptions },
): Promise<Announcement> {
  if (event.kind === "retagged") return announceTags(announcer, event, options.call);
  if (!announcer.manages(event.secretArn)) return "foreign";
  switch (event.kind) {
    case "label-moved":
      return announceVersion(announcer, event, options);
    case "deleted-or-restored":
      return announceExistence(announcer, event.secretArn, options.call);
    case "rotation-stopped":
      return announceStop(announcer, event, options.call);
  }
}
