import type { CallOptions } from "../../ports/database-engine.ts";
import type { ManagedSecrets } from "./managed-secrets.ts";
import type { Dispatch, SecretCatalogue } from "../../ports/mirror.ts";

/** What one message of the queue asks for: to go on listing, or to examine these secrets. */
export type ReconcileTask = { readonly cursor?: string } | { readonly secretArns: readonly string[] };

/** 10,000 secrets in one go: some ten seconds at the pace that one caller after the other gives. */
const pagesAtOnce = 100;

/**
 * Lists the managed secrets and dispatches each page as a task of its own, so that any number of secrets is examined within
 * any function's time; where it stops, it dispatches where to go on. Cut in the middle and repeated, it dispatches some
 * pages again, which are examined again. Errors: those of the ports. Returns how many secrets it dispatched.
 */
export async function listManaged(
  ports: { readonly catalogue: SecretCatalogue; readonly dispatch: Dispatch; readonly managed: ManagedSecrets },
  from: string | undefined,
  call: CallOptions,
): Promise<number> {
  const { catalogue, dispatch, managed } = ports;
  let at: { readonly cursor?: string } = from === undefined ? {} : { cursor: from };
  let listed = 0;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { secretArns, cursor } = await catalogue.page({ namePrefixes: managed.namePrefixes, ...at }, call);
    const ours = secretArns.filter(managed.includes);
    if (ours.length > 0) await dispatch.send({ secretArns: ours } satisfies ReconcileTask, call);
    listed += ours.length;
    if (cursor === undefined) return listed;
    at = { cursor };
  }
  await dispatch.send(at satisfies ReconcileTask, call);
  return listed;
}
