import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { lookAgainMs, rotationPolicy } from "../../rotation/rotation-policy.ts";
import type { Adoptions } from "../../ports/adoptions.ts";
import type { RotationInvoker } from "../../ports/rotation.ts";
import { speaksForItself, type RetirementCue } from "../../events/rekey-event.ts";
import { versionState, type VersionCheck } from "../announcing/version-state.ts";
import { subscribersTag } from "../../tags/tag-names.ts";

export interface Retirer extends VersionCheck {
  /** Absent where nobody wants to keep them: then only the deadline counts. */
  readonly adoptions?: Adoptions;
  readonly rotation: RotationInvoker;
  /** Takes an adoption under the former source, which binds nobody to the subscriber's name. */
  readonly takesUnnamed: boolean;
  /** Whether a rotation function knows the step `retirePrevious`. */
  readonly knowsTheStep: (functionArn: string) => boolean;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * `waits`: ask again after so many milliseconds. `nothing`: there is nothing to retire, or another cue answers for it.
 * `refused`: whoever sent the adoption may not speak for the subscriber that it names.
 */
export type Retirement =
  | { readonly outcome: "retired" | "nothing" | "refused" }
  | { readonly outcome: "waits"; readonly waitMs: number };

const nothing: Retirement = { outcome: "nothing" };

/** While a rotation is under way the step is refused. */
const busyWaitMs = 5 * 60_000;

/** The tag `rekey:subscribers`: names with a space between, who must all have said that they use a version. */
export const subscribersOf = ({ tags }: Pick<SecretDescription, "tags">): readonly string[] =>
  (tags.get(subscribersTag) ?? "").split(/\s+/).filter((name) => name !== "");

async function everyoneAdopted(
  { adoptions }: Retirer,
  cue: RetirementCue & { readonly kind: "adopted" },
  description: SecretDescription,
  call: CallOptions,
): Promise<boolean> {
  const subscribers = subscribersOf(description);
  if (adoptions === undefined || !subscribers.includes(cue.subscriber)) return false;
  const adopted = await adoptions.note(cue, call);
  return subscribers.every((subscriber) => adopted.has(subscriber));
}

/**
 * Has the secret's own rotation function make the replaced credential stop: at the end of its grace period (`rekey:grace`),
 * or, where adoptions are kept, before that when everyone whom `rekey:subscribers` names has sent `Secret Adopted` for the current version. The step
 * itself publishes `Secret Retired`. Idempotent; a secret without a grace period, or without a rotation of rekey's, has
 * nothing to retire, and who has adopted it is noted all the same. Errors: those of the step, and of the ports.
 */
export async function retireReplaced(retirer: Retirer, cue: RetirementCue, call: CallOptions): Promise<Retirement> {
  if (cue.kind === "adopted" && !speaksForItself(cue, retirer.takesUnnamed)) return { outcome: "refused" };
  const known = await versionState(retirer, cue, call);
  if (known.state !== "current") return nothing;
  const { description } = known;
  const { secretArn, rotationFunctionArn, managedBy, tags } = description;
  const isWithEveryone = cue.kind === "adopted" && (await everyoneAdopted(retirer, cue, description, call));
  if (rotationFunctionArn === undefined || managedBy !== undefined || !retirer.knowsTheStep(rotationFunctionArn))
    return nothing;
  const { graceMs, graceExtensionMs } = rotationPolicy(tags);
  if (graceMs === undefined) return nothing;

  if (cue.kind === "rotated") {
    const nowMs = retirer.nowMs();
    // A time in the future is a hint like any other: it never makes the message wait longer than the grace period.
    const leftMs = Math.min(cue.at.getTime(), nowMs) + graceMs - nowMs;
    if (leftMs > 0) return { outcome: "waits", waitMs: leftMs };
  } else if (!isWithEveryone) return nothing;

  const adopted = cue.kind === "adopted";
  const request = { step: "retirePrevious", secretId: secretArn, versionId: cue.versionId, adopted } as const;
  try {
    await retirer.rotation.invoke(rotationFunctionArn, request, call);
    return { outcome: "retired" };
  } catch (error) {
    if (isRekeyError(error, "grace-not-over")) return { outcome: "waits", waitMs: busyWaitMs };
    if (isRekeyError(error, "replaced-in-use")) return { outcome: "waits", waitMs: lookAgainMs(graceExtensionMs) };
    throw error;
  }
}
