import type { CallOptions } from "../../ports/call.ts";
import type { ManagedSecrets } from "./managed-secrets.ts";
import type { TaskQueue } from "../../ports/task-queue.ts";
import type { SecretCatalogue } from "../../ports/secret-administration.ts";
import { defined } from "../../secrets/defined.ts";

/** What one message of the queue asks for: to go on listing, or to examine these secrets. */
export type ReconcileTask = { readonly cursor?: string } | { readonly secretArns: readonly string[] };

/** 10,000 secrets in one go: some ten seconds at the pace that one caller after the other gives. */
const pagesAtOnce = 100;

/**
 * Lists the managed secrets and sends each page as a task of its own, so that any number of secrets is examined within
 * any function's time; where it stops, it sends where to go on. Cut in the middle and repeated, it sends some
 * pages again, which are examined again. Errors: those of the ports. Returns how many secrets it sent.
 */
export async function listManaged(
  ports: { readonly catalogue: SecretCatalogue; readonly tasks: TaskQueue; readonly managed: ManagedSecrets },
  from: string | undefined,
  call: CallOptions,
): Promise<number> {
  const { catalogue, tasks, managed } = ports;
  let at: { readonly cursor?: string } = defined({ cursor: from });
  let listed = 0;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { secretArns, cursor } = await catalogue.page({ namePrefixes: managed.namePrefixes, ...at }, call);
    const ours = secretArns.filter(managed.includes);
    if (ours.length > 0) await tasks.send({ secretArns: ours } satisfies ReconcileTask, call);
    listed += ours.length;
    if (cursor === undefined) return listed;
    at = { cursor };
  }
  await tasks.send(at satisfies ReconcileTask, call);
  return listed;
}
