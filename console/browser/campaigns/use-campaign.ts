import { useState } from "preact/hooks";
import type { CampaignEventMessage } from "../../contract.ts";
import { type Connection, useLive } from "../api/use-live.ts";
import { defined } from "../../../shared/secrets/defined.ts";

type Message<Type extends CampaignEventMessage["type"]> = CampaignEventMessage & { readonly type: Type };

export interface SecretInCampaign {
  readonly secretArn: string;
  readonly progress: Message<"progress">["progress"];
  readonly code?: string;
  readonly hint?: string;
  readonly steps: readonly Message<"step">["step"][];
}

interface CampaignState {
  readonly waves: readonly number[];
  /** From 1; 0 before the first. */
  readonly wave: number;
  /** In the order in which they were begun. */
  readonly secrets: ReadonlyMap<string, SecretInCampaign>;
  readonly finished?: Message<"campaign-finished">;
  readonly isOver: boolean;
}

export interface FollowedCampaign extends CampaignState {
  readonly connection: Connection;
}

const begun: CampaignState = { waves: [], wave: 0, secrets: new Map(), isOver: false };

const withSecret = (
  state: CampaignState,
  secretArn: string,
  change: (before: SecretInCampaign) => SecretInCampaign,
): CampaignState => {
  const before = state.secrets.get(secretArn) ?? { secretArn, progress: "requested", steps: [] };
  return { ...state, secrets: new Map(state.secrets).set(secretArn, change(before)) };
};

function after(state: CampaignState, event: CampaignEventMessage): CampaignState {
  switch (event.type) {
    case "campaign-started":
      return { ...begun, waves: event.waves };
    case "wave-started":
      return { ...state, wave: event.wave };
    case "progress": {
      const { secretArn, progress, code, hint } = event;
      const told = { progress, ...defined({ code, hint }) };
      return withSecret(state, secretArn, ({ steps }) => ({ secretArn, steps, ...told }));
    }
    case "step":
      return withSecret(state, event.secretArn, (before) => ({ ...before, steps: [...before.steps, event.step] }));
    case "campaign-finished":
      return { ...state, finished: event };
    case "not-told":
    case "wave-finished":
      return state;
  }
}

/** A campaign, put together from all of its events so far. */
export function useCampaign(campaign: string | undefined): FollowedCampaign {
  const [state, setState] = useState(begun);
  const end = (): true => {
    setState((before) => ({ ...before, isOver: true }));
    return true;
  };
  const connection = useLive(campaign === undefined ? undefined : `/campaigns/${campaign}/live`, {
    campaign: (data) => setState((before) => after(before, data as CampaignEventMessage)),
    over: end,
    problem: end,
  });
  return { ...state, connection };
}
