import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { eventStream } from "../campaign/event-stream.ts";
import { eachAtOnce } from "../fleet/at-once.ts";
import { type Mirrored, mirrorCurrent, type MirrorPorts } from "./mirror-current.ts";

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
    let fault: Error | undefined;
    const mirror = async (secretId: string): Promise<void> => {
      try {
        tell({ secretId, ...(await mirrorCurrent(ports, secretId, call)) });
      } catch (error) {
        if (!isRekeyError(error)) fault ??= error instanceof Error ? error : new RekeyError("internal-fault");
        else if (!call.signal.aborted) tell({ secretId, outcome: "failed", error });
      }
    };
    await eachAtOnce(mirrorsAtOnce, secretIds, mirror, () => call.signal.aborted || fault !== undefined);
    if (fault !== undefined) throw fault;
  }, caller);
}
