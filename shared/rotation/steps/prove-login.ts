import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions, RotationRequest } from "../ports.ts";
import { targetOf } from "../rotation-context.ts";
import type { FoundPending } from "./find-pending.ts";
import { rollBack } from "./roll-back.ts";
import { load, readCurrent } from "./versions.ts";

/** Logs in with AWSPENDING, once compared with AWSCURRENT; rolls the rotation back when it is refused. */
export async function proveLogin(
  deps: RotationDependencies,
  request: RotationRequest,
  { remembered, value }: FoundPending,
  call: CallOptions,
): Promise<void> {
  const loadBoth = async (): Promise<ReturnType<typeof load>> => {
    const current = await readCurrent(deps, request.secretId, call);
    return load(deps, remembered, { current: current.value, pending: value }, call);
  };
  const loaded = remembered.compared ? undefined : await loadBoth();
  const pending = parseDatabaseSecret(value);
  const login = await deps.engine.login(targetOf(deps, pending, remembered.facts), pending, call);
  if (login.ok) await login.session[Symbol.asyncDispose]();
  else await rollBack(deps, request, loaded ?? (await loadBoth()), call);
  remembered.loggedIn = true;
}
