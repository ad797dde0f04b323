import { environmentCa, isFile } from "../../shared/runtime/environment-ca.ts";
import type { Environment } from "../../shared/runtime/environment.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import type { SecretStore } from "../../shared/ports/secret-store.ts";

const option = "REKEY_TLS_CA";

/**
 * The root certificates that a rotation function verifies servers with. A file in the function's layer is not on this machine:
 * the operator's own variable stands in for it. Errors: those of `environmentCa`.
 */
export async function functionRoots(
  settings: Environment,
  own: Environment,
  store: Pick<SecretStore, "read">,
  call: CallOptions,
): Promise<string | undefined> {
  const set = settings.text(option);
  return environmentCa(set !== undefined && isFile(set) ? own : settings, option, store)(call);
}
