import { useRoute } from "preact-iso/router";
import { useState } from "preact/hooks";
import type { CampaignAnswer, Problem } from "../../contract.ts";
import { useAnswer } from "../api/use-answer.ts";
import { ProblemNote } from "../components/problem-note.tsx";
import { useTitle } from "../components/page.tsx";
import { BeginNoMore } from "./begin-no-more.tsx";
import { CampaignProgress } from "./campaign-progress.tsx";
import { useCampaign } from "./use-campaign.ts";

/** One campaign, live. */
export function CampaignPage() {
  const { campaign = "" } = useRoute().params;
  useTitle(`Campaign ${campaign}`);
  const { answer, problem } = useAnswer<readonly CampaignAnswer[]>("/campaigns");
  const [refused, setRefused] = useState<Problem>();
  const known = answer?.find((one) => one.campaign === campaign);
  const state = useCampaign(known?.campaign);
  return (
    <>
      <div class="heading">
        <h1>Campaign {campaign}</h1>
        {known?.reason !== undefined && <p>Because: {known.reason}</p>}
        <div class="actions">
          {known !== undefined && !state.isOver && <BeginNoMore campaign={campaign} failed={setRefused} />}
        </div>
      </div>
      {[problem, refused].map((one) => one !== undefined && <ProblemNote key={one.code} problem={one} />)}
      {answer !== undefined && known === undefined && (
        <p class="empty">
          This console has not started it. <code>rekey history</code> of a secret tells of rotations by others.
        </p>
      )}
      {known !== undefined && <CampaignProgress state={state} secrets={known.secrets} />}
    </>
  );
}
