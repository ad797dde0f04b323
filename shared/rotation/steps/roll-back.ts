import { RekeyError } from "../../errors/rekey-error.ts";
import { isSameLogin } from "../../secrets/database-secret.ts";
import type { ComparedRotation } from "../compare-pending.ts";
import { logsInEverywhere, restoreOn } from "../every-host.ts";
import type { Invocation } from "../invocation.ts";
import { wasRecovered } from "../recovery.ts";

/**
 * Undoes a rotation whose new credential does not log in: the current one is restored and proven by a login, AWSPENDING is
 * removed, and the current one is proven again, since a setSecret that ran at the same time may have taken effect in
 * between. Needs nothing from the run that changed the database. Returns when such a setSecret has made the new credential
 * log in after all. Errors: `credential-refused` when all is as before, `credential-orphaned` when nothing logs in, with
 * AWSPENDING kept for the human who must look.
 */
export async function rollBack(
  { store, engine, request, call }: Invocation,
  { rotation, versions }: ComparedRotation,
): Promise<void> {
  const { hosts } = rotation;
  const { current, pending } = versions;
  const isCopy = isSameLogin(current, pending);
  if (!isCopy) {
    const currentWorks = await logsInEverywhere(engine, current, hosts);
    if (!currentWorks && (await logsInEverywhere(engine, pending, hosts))) return;
    const authority = wasRecovered(await store.describe(request.secretId, call), request) ? "none" : "any";
    await restoreOn(rotation, versions, hosts, authority);
    await store.clearPending(request, call);
    await restoreOn(rotation, versions, hosts, authority);
  }
  throw new RekeyError("credential-refused", {
    context: { user: pending.username, label: "AWSPENDING", rolledBack: !isCopy },
    hint: "the new credential did not log in; AWSCURRENT is as it was before this rotation",
  });
}
