import { isRekeyError, type RekeyError } from "../../shared/errors/rekey-error.ts";
import { type SecretDetails, secretDetails } from "../../shared/operations/fleet/secret-details.ts";
import { type SecretHistory, secretHistory } from "../../shared/operations/fleet/history.ts";
import { type Propagation, propagation } from "../../shared/operations/fleet/propagation.ts";
import type { CampaignPorts } from "../../shared/operations/campaign/campaign-options.ts";
import type { FleetPorts } from "../../shared/operations/fleet/fleet-ports.ts";
import { lasting } from "../../shared/operations/fleet/secret-summary.ts";
import type { CallOptions } from "../../shared/ports/call.ts";

export interface LiveSecret {
  readonly details: SecretDetails;
  readonly history: SecretHistory;
  readonly propagation: Propagation | undefined;
}

export type LivePorts = FleetPorts & Pick<CampaignPorts, "pause">;

const lookEveryMs = 1_500;
/** The log of steps and the audit trail are asked less often: five calls and two calls a second are all that an account has. */
const historyEveryMs = { moving: 3_000, still: 30_000 } as const;

/** Whether steps, mirrors or subscribers are still expected. */
const isMoving = ({ summary, mirrors, adoption }: SecretDetails): boolean =>
  summary.health === "rotating" ||
  mirrors.some(({ state }) => state === "behind" || state === "missing") ||
  (adoption !== undefined && adoption.waitingFor.length > 0);

const textOf = (details: SecretDetails): string => JSON.stringify({ ...details, summary: lasting(details.summary) });

/**
 * A secret's state, and each change of it, until the signal fires. An error of the first read is thrown. A later one is
 * yielded once, and so is the next read that succeeds.
 */
export async function* liveSecret(
  ports: LivePorts,
  secretId: string,
  call: CallOptions,
): AsyncGenerator<LiveSecret | RekeyError> {
  let [details, history] = await Promise.all([
    secretDetails(ports, secretId, call),
    secretHistory(ports, secretId, call),
  ]);
  let historyAtMs = ports.nowMs();
  let told = "";
  const { secretArn } = details.summary;
  for (let isTroubled = false; !call.signal.aborted;) {
    const seen = textOf(details) + JSON.stringify(history);
    if (!isTroubled && seen !== told) {
      told = seen;
      yield { details, history, propagation: propagation(history, details) };
    }
    await ports.pause(lookEveryMs, call);
    try {
      const next = await secretDetails(ports, secretArn, call);
      const hasChanged = textOf(next) !== textOf(details);
      details = next;
      const waitMs = isMoving(details) ? historyEveryMs.moving : historyEveryMs.still;
      if (hasChanged || ports.nowMs() - historyAtMs >= waitMs) {
        history = await secretHistory(ports, secretArn, call);
        historyAtMs = ports.nowMs();
      }
      isTroubled = false;
    } catch (error) {
      if (call.signal.aborted) return;
      if (!isRekeyError(error)) throw error;
      if (!isTroubled) yield error;
      isTroubled = true;
      told = "";
    }
  }
}
