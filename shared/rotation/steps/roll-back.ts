import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions, RotationRequest } from "../ports.ts";
import { logsIn } from "../strategies/open-session.ts";
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
  const { strategy, current, context } = rotation;
  const isCopy = pending.username === current.username && pending.password.equals(current.password);
  if (!isCopy) {
    if (!(await logsIn(deps.engine, current, context)) && (await logsIn(deps.engine, pending, context))) return;
    await strategy.restore({ current, pending }, context);
    await deps.store.clearPending(request, call);
    await strategy.restore({ current, pending }, context);
  }
  throw new RekeyError("credential-refused", {
    context: { user: pending.username, label: "AWSPENDING", rolledBack: !isCopy },
    hint: "the new credential did not log in; AWSCURRENT is as it was before this rotation",
  });
}
