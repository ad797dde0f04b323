import { type SecretDetails, secretDetails } from "../../shared/operations/fleet/secret-details.ts";
import { type SecretHistory, secretHistory } from "../../shared/operations/fleet/history.ts";
import { type Propagation, propagation } from "../../shared/operations/fleet/propagation.ts";
import type { CampaignPorts } from "../../shared/operations/campaign/campaign-options.ts";
import type { FleetPorts } from "../../shared/operations/fleet/ports.ts";
import type { CallOptions } from "../../shared/rotation/ports.ts";

export interface LiveSecret {
  readonly details: SecretDetails;
  readonly history: SecretHistory;
  readonly propagation: Propagation | undefined;
}

export type LivePorts = FleetPorts & Pick<CampaignPorts, "pause">;

const lookEveryMs = 1_500;
/** The log of steps and the audit trail are asked less often: five calls and two calls a second are all that an account has. */
const historyEveryMs = { moving: 3_000, still: 30_000 } as const;

async function look(ports: FleetPorts, secretId: string, call: CallOptions) {
  const [details, history] = await Promise.all([
    secretDetails(ports, secretId, call),
    secretHistory(ports, secretId, call),
  ]);
  return { details, history };
}

/** Whether steps, mirrors or subscribers are still expected. */
const isMoving = ({ summary, mirrors, adoption }: SecretDetails): boolean =>
  summary.health === "rotating" ||
  mirrors.some(({ state }) => state === "behind" || state === "missing") ||
  (adoption !== undefined && adoption.waitingFor.length > 0);

/** What differs only because time goes by is no change. */
const lasting = ({ summary: { ageMs: _age, ...summary }, ...details }: SecretDetails): string =>
  JSON.stringify({ ...details, summary });

/**
 * A secret as it stands, again whenever it has changed, until the signal fires. The first look's errors are thrown; a later
 * one that fails is left out.
 */
export async function* liveSecret(ports: LivePorts, secretId: string, call: CallOptions): AsyncGenerator<LiveSecret> {
  let { details, history } = await look(ports, secretId, call);
  const seen = (): LiveSecret => ({ details, history, propagation: propagation(history, details) });
  yield seen();
  let historyAtMs = ports.nowMs();
  while (!call.signal.aborted) {
    await ports.pause(lookEveryMs, call);
    if (call.signal.aborted) return;
    try {
      const next = await secretDetails(ports, details.summary.secretArn, call);
      const hasChanged = lasting(next) !== lasting(details);
      details = next;
      const waitMs = isMoving(details) ? historyEveryMs.moving : historyEveryMs.still;
      const before = JSON.stringify(history);
      if (hasChanged || ports.nowMs() - historyAtMs >= waitMs) {
        history = await secretHistory(ports, details.summary.secretArn, call);
        historyAtMs = ports.nowMs();
      }
      if (hasChanged || JSON.stringify(history) !== before) yield seen();
    } catch {
      // The next look tells.
    }
  }
}
