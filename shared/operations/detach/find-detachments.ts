import type { CallOptions } from "../../ports/call.ts";
import { type Detachment, detachmentOf, type DetachPorts } from "./detach-secret.ts";
import { isRotatedByStack } from "./stack-names.ts";

/** Every secret that one of the stack's functions rotates or rotated, by name: one ListSecrets for a hundred. Errors: those of the store. */
export async function detachmentsOfStack(
  { listing }: Pick<DetachPorts, "listing">,
  stack: string,
  call: CallOptions,
): Promise<readonly Detachment[]> {
  const found: Detachment[] = [];
  let at = {};
  for (;;) {
    const { secrets, cursor } = await listing.page({}, { limit: 100, ...at }, call);
    found.push(...secrets.filter((secret) => isRotatedByStack(secret, stack)).map(detachmentOf));
    if (cursor === undefined) return found;
    at = { cursor };
  }
}

/** Named secrets, in their present state. Errors: those of the store. */
export async function detachmentsNamed(
  { store }: Pick<DetachPorts, "store">,
  secretIds: readonly string[],
  call: CallOptions,
): Promise<readonly Detachment[]> {
  const found = new Map<string, Detachment>();
  for (const secretId of secretIds) {
    const detachment = detachmentOf(await store.describe(secretId, call));
    found.set(detachment.secretArn, detachment);
  }
  return [...found.values()];
}
