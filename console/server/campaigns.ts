import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CampaignEvent } from "../../shared/operations/campaign/campaign-events.ts";
import { type CampaignPorts, campaignWaves, newCampaign } from "../../shared/operations/campaign/campaign-options.ts";
import { rotateCampaign } from "../../shared/operations/campaign/rotate-campaign.ts";
import { reasonTag } from "../../shared/operations/by-hand/operator-request.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { secretNameIn } from "../../shared/rotation/secret-name.ts";
import type { CampaignAnswer, CampaignPlanAnswer } from "../contract.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface Campaigns {
  /** Says what a campaign of these would do, and keeps it until it is started. Errors: `option-invalid`. */
  plan(secretArns: readonly string[]): CampaignPlanAnswer;
  /** Starts a planned campaign. One that was started before is left as it is, and its state returned. Errors: `option-invalid`. */
  start(campaign: string, reason: string | undefined): CampaignAnswer;
  /** Newest first. */
  readonly all: readonly CampaignAnswer[];
  /** What is under way ends, nothing more is begun. Errors: `option-invalid` for an unknown one. */
  stop(campaign: string): CampaignAnswer;
  /** All events from the given number on, those that are still to come among them. Errors: as `stop`. */
  events(campaign: string, from: number, call: CallOptions): AsyncGenerator<CampaignEvent>;
  /** Stops all of them, and waits for their end. */
  end(): Promise<void>;
}

interface Running {
  readonly answer: () => CampaignAnswer;
  readonly events: readonly CampaignEvent[];
  /** Resolves with the next event, or at the end. */
  readonly next: () => Promise<void>;
  readonly isOver: () => boolean;
  readonly stop: () => void;
  readonly ended: Promise<void>;
}

interface Planned {
  readonly plan: CampaignPlanAnswer;
  readonly secretArns: readonly string[];
}

const shownNames = 20;

/** `arn:aws:secretsmanager:<region>:<account>:secret:…` */
function accountOf(secretArn: string): string {
  const [, , , region = "", account = ""] = secretArn.split(":");
  return `${account}, ${region}`;
}

/** Plans that nobody starts are forgotten, the oldest first. */
const mostPlans = 50;

function run(
  ports: CampaignPorts,
  { plan, secretArns }: Planned,
  reason: string | undefined,
  changed: (secretArn: string) => void,
): Running {
  const stopped = new AbortController();
  const events: CampaignEvent[] = [];
  const startedAt = new Date().toISOString();
  const waiting = new Set<() => void>();
  let isOver = false;
  const counts = { rotated: 0, failed: 0 };

  function wake(): void {
    for (const go of waiting) go();
    waiting.clear();
  }

  async function work(): Promise<void> {
    const options = { campaign: plan.campaign, ...defined({ reason }) };
    for await (const event of rotateCampaign(ports, secretArns, options, stopped)) {
      events.push(event);
      if (event.type === "progress") {
        if (event.progress in counts) counts[event.progress as keyof typeof counts]++;
        changed(event.secretArn);
      }
      wake();
    }
  }
  const ended = work()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
      wake();
    });
  return {
    answer: () => ({ ...plan, ...defined({ reason }), startedAt, isOver, ...counts }),
    events,
    next: async () => new Promise<void>((go) => waiting.add(go)),
    isOver: () => isOver,
    stop: () => stopped.abort(),
    ended,
  };
}

const unknown = (campaign: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: "campaign", value: campaign },
    hint: "plan the campaign anew: this console does not know it, or has forgotten it",
  });

/** The campaigns of one console. Calls `changed` with each secret that a campaign has made progress on. */
export function campaigns(ports: CampaignPorts, changed: (secretArn: string) => void): Campaigns {
  const planned = new Map<string, Planned>();
  const started = new Map<string, Running>();
  const running = (campaign: string): Running => {
    const found = started.get(campaign);
    if (found === undefined) throw unknown(campaign);
    return found;
  };
  return {
    plan(secretArns) {
      const campaign = newCampaign();
      if (secretArns.length === 0) {
        throw new RekeyError("option-invalid", {
          context: { option: "secrets", problem: "none that rotates" },
          hint: "choose secrets for which rotation is on",
        });
      }
      const { waves, startsPerSecond, stopAfter } = campaignWaves(secretArns, { campaign });
      const plan = {
        campaign,
        secrets: secretArns.length,
        accounts: [...new Set(secretArns.map(accountOf))],
        names: secretArns.slice(0, shownNames).map(secretNameIn),
        waves: waves.map((wave) => wave.length),
        startsPerSecond,
        stopAfter,
      };
      planned.set(campaign, { plan, secretArns });
      if (planned.size > mostPlans) planned.delete(planned.keys().next().value ?? "");
      return plan;
    },
    start(campaign, reason) {
      const before = started.get(campaign);
      if (before !== undefined) return before.answer();
      const plan = planned.get(campaign);
      if (plan === undefined) throw unknown(campaign);
      if (reason !== undefined) reasonTag(reason);
      planned.delete(campaign);
      const begun = run(ports, plan, reason, changed);
      started.set(campaign, begun);
      return begun.answer();
    },
    get all() {
      return [...started.values()].map(({ answer }) => answer()).toReversed();
    },
    stop(campaign) {
      const found = running(campaign);
      found.stop();
      return found.answer();
    },
    async *events(campaign, from, { signal }) {
      const found = running(campaign);
      const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      for (let at = from; !signal.aborted;) {
        const next = found.next();
        const event = found.events[at];
        if (event !== undefined) {
          at++;
          yield event;
        } else if (found.isOver()) return;
        else await Promise.race([next, left]);
      }
    },
    async end() {
      for (const { stop } of started.values()) stop();
      await Promise.all([...started.values()].map(async ({ ended }) => ended));
    },
  };
}
