import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import { eventStream } from "../campaign/event-stream.ts";
import { type Mirrored, mirrorCurrent, type MirrorPorts } from "../mirror-current.ts";

export type MirrorEvent =
  | ({ readonly secretId: string } & Mirrored)
  | { readonly secretId: string; readonly outcome: "failed"; readonly error: RekeyError };

/** Vault takes far more; a laptop's connections and patience do not. */
const mirrorsAtOnce = 8;

/**
 * Brings the mirror of each secret to how the secret stands now, several at a time, and tells of each as it is done. What
 * fails for one is told, and the others go on. When the caller's signal fires, or the iteration is left, it ends early, without an error. May be
 * repeated.
 */
export function mirrorFleet(
  ports: MirrorPorts,
  secretIds: AsyncIterable<string> | Iterable<string>,
  caller: CallOptions,
): AsyncGenerator<MirrorEvent> {
  return eventStream<MirrorEvent>(async (tell, call) => {
    const running = new Set<Promise<void>>();
    let fault: Error | undefined;
    const mirror = async (secretId: string): Promise<void> => {
      try {
        tell({ secretId, ...(await mirrorCurrent(ports, secretId, call)) });
      } catch (error) {
        if (!isRekeyError(error)) fault ??= error instanceof Error ? error : new RekeyError("internal-fault");
        else if (!call.signal.aborted) tell({ secretId, outcome: "failed", error });
      }
    };
    for await (const secretId of secretIds) {
      if (call.signal.aborted || fault !== undefined) break;
      const work = mirror(secretId).then(() => void running.delete(work));
      running.add(work);
      if (running.size >= mirrorsAtOnce) await Promise.race(running);
    }
    await Promise.all(running);
    if (fault !== undefined) throw fault;
  }, caller);
}
