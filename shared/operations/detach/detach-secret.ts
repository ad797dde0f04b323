import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { isRotationUnderWay, type SecretDescription, type SecretStore } from "../../ports/secret-store.ts";
import { unqualified } from "./stack-names.ts";
import type { FunctionPresence } from "../../ports/account.ts";
import type { SecretAdministration, SecretListing } from "../../ports/secret-administration.ts";
import { defined } from "../../secrets/defined.ts";

export interface DetachPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: Pick<SecretAdministration, "disableRotation" | "untag">;
  readonly functionExists: FunctionPresence;
}

/**
 * `rotated`: its rotation is to be switched off. `off`: it is so already. `under-way`: a rotation has begun and not ended.
 * `deleted`: scheduled for deletion, so nothing of it can be changed.
 */
export type RotationState = "rotated" | "under-way" | "off" | "deleted";

export interface Detachment {
  readonly secretArn: string;
  readonly name: string;
  /** Secrets Manager keeps it when rotation is switched off. */
  readonly functionArn?: string;
  /** By the name that `rekey detach --dry-run --json` prints. */
  readonly standing: RotationState;
  /** Its tags `rekey:…`. */
  readonly tags: readonly string[];
}

export interface Detached extends Detachment {
  /** `detached`: rotation was switched off now. */
  readonly outcome: "detached" | "already-off" | "deleted";
  readonly removedTags: readonly string[];
}

function stateOf(secret: SecretDescription): RotationState {
  if (secret.deletedAt !== undefined) return "deleted";
  if (!secret.rotationEnabled) return "off";
  return isRotationUnderWay(secret) ? "under-way" : "rotated";
}

export const detachmentOf = (secret: SecretDescription): Detachment => ({
  secretArn: secret.secretArn,
  name: secret.name,
  ...defined({ functionArn: secret.rotationFunctionArn }),
  standing: stateOf(secret),
  tags: [...secret.tags.keys()].filter((tag) => tag.startsWith("rekey:")),
});

/** Until the functions are gone, the tags say where the value is mirrored and when the credential before it is retired. */
async function checkFunctionIsGone(
  { functionExists }: Pick<DetachPorts, "functionExists">,
  { secretArn, functionArn }: Detachment,
  call: CallOptions,
): Promise<void> {
  if (functionArn === undefined || !(await functionExists(unqualified(functionArn), call))) return;
  throw new RekeyError("option-invalid", {
    context: { option: "remove-tags", secret: secretArn, problem: `${functionArn} is still there` },
    hint: "the stack obeys these tags while it is there: detach, delete the stack, then detach again with --remove-tags",
  });
}

/**
 * Switches a secret's rotation off; its value and its versions stay. With `removeTags` also its tags `rekey:…` go, once its
 * function is gone. May be repeated after whatever cut it. A rotation that has begun is not cut: between two of its steps the
 * server may take a password that only AWSPENDING holds.
 *
 * Errors: `rotation-under-way`, and `option-invalid` where no function rotates the secret or its function is still there, with
 * nothing changed; those of the store.
 */
export async function detachSecret(
  ports: Omit<DetachPorts, "listing">,
  secretId: string,
  { removeTags }: { readonly removeTags: boolean },
  call: CallOptions,
): Promise<Detached> {
  const detachment = detachmentOf(await ports.store.describe(secretId, call));
  const { secretArn, functionArn, standing, tags } = detachment;
  if (standing === "deleted") return { ...detachment, outcome: "deleted", removedTags: [] };
  if (standing === "under-way") throw new RekeyError("rotation-under-way", { context: { secret: secretArn } });
  if (standing === "rotated" && functionArn === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: "secrets", secret: secretArn, problem: "no function rotates it" },
      hint: "a service of AWS rotates it by itself: switch that off where the service is set up",
    });
  }
  if (removeTags) await checkFunctionIsGone(ports, detachment, call);
  if (standing === "rotated") await switchOff(ports, secretArn, call);
  const removedTags = removeTags ? tags : [];
  if (removedTags.length > 0) await ports.administration.untag(secretArn, removedTags, call);
  return { ...detachment, standing: "off", outcome: standing === "rotated" ? "detached" : "already-off", removedTags };
}

async function switchOff(
  { administration }: Pick<DetachPorts, "administration">,
  secret: string,
  call: CallOptions,
): Promise<void> {
  const version = await administration.disableRotation(secret, call);
  if (version === undefined) return;
  throw new RekeyError("rotation-under-way", {
    context: { secret, version, problem: "it began at the same moment and was canceled" },
    hint: "rekey doctor says whether AWSCURRENT logs in; if it does not, put the value of AWSPENDING in its place",
  });
}
