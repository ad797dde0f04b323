import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import { logsInEverywhere, restoreOn } from "../every-host.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import { isCopyOfCurrent } from "../pending.ts";
import { wasRecovered } from "../recovery.ts";
import type { LoadedRotation } from "./versions.ts";

/**
 * Undoes a rotation whose new credential does not log in: the current one is restored and proven by a login, AWSPENDING is
 * removed, and the current one is proven again, since a setSecret that ran at the same time may have taken effect in
 * between. Needs nothing from the run that changed the database. Returns when such a setSecret has made the new credential
 * log in after all. Errors: `credential-refused` when all is as before, `credential-orphaned` when nothing logs in, with
 * AWSPENDING kept for the human who must look.
 */
export async function rollBack(
  deps: RotationDependencies,
  request: RotationRequest,
  { rotation, pending }: LoadedRotation,
  call: CallOptions,
): Promise<void> {
  const { current, hosts } = rotation;
  const isCopy = isCopyOfCurrent(current, pending);
  if (!isCopy) {
    const versions = { current, pending };
    const currentWorks = await logsInEverywhere(deps.engine, current, hosts);
    if (!currentWorks && (await logsInEverywhere(deps.engine, pending, hosts))) return;
    const authority = wasRecovered(await deps.store.describe(request.secretId, call), request) ? "none" : "any";
    await restoreOn(rotation, versions, hosts, authority);
    await deps.store.clearPending(request, call);
    await restoreOn(rotation, versions, hosts, authority);
  }
  throw new RekeyError("credential-refused", {
    context: { user: pending.username, label: "AWSPENDING", rolledBack: !isCopy },
    hint: "the new credential did not log in; AWSCURRENT is as it was before this rotation",
  });
}
