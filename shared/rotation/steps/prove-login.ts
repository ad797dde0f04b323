import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import type { RotationDependencies } from "../dependencies.ts";
import { logsInEverywhere, setEverywhere } from "../every-host.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import { targetsOf } from "../database-targets.ts";
import { isCopyOfCurrent } from "../pending.ts";
import { noteRecovery } from "../recovery.ts";
import type { FoundPending } from "./find-pending.ts";
import { rollBack } from "./roll-back.ts";
import { load, type LoadedRotation, readCurrent } from "./versions.ts";

/**
 * Logs in with AWSPENDING, once compared with AWSCURRENT; rolls the rotation back when it is refused. Where the password is
 * changed at finishSecret, that step sets it first, and testSecret has nothing to prove yet.
 */
export async function proveLogin(
  deps: RotationDependencies,
  request: RotationRequest,
  { remembered, value }: FoundPending,
  call: CallOptions,
): Promise<void> {
  const loadBoth = async (): Promise<LoadedRotation> => {
    const current = await readCurrent(deps, request.secretId, call);
    return load(deps, remembered, { current: current.value, pending: value }, call);
  };
  let loaded: LoadedRotation | undefined;
  if (!remembered.compared || remembered.changesAtFinish) {
    loaded = await loadBoth();
    const versions = { current: loaded.rotation.current, pending: loaded.pending };
    if (remembered.changesAtFinish && !isCopyOfCurrent(versions.current, versions.pending)) {
      if (request.step !== "finishSecret") return;
      await setEverywhere(deps.engine, loaded.rotation, versions, async () => noteRecovery(deps, request, call));
    }
  }
  const pending = parseDatabaseSecret(value);
  const hosts = targetsOf(deps, pending, remembered.facts).map((target) => ({ target, call }));
  if (!(await logsInEverywhere(deps.engine, pending, hosts))) {
    await rollBack(deps, request, loaded ?? (await loadBoth()), call);
  }
  remembered.loggedIn = true;
}
