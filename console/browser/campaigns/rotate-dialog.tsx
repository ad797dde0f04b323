import { useEffect, useState } from "preact/hooks";
import type { CampaignAnswer, CampaignChoice, CampaignPlanAnswer, Problem } from "../../contract.ts";
import { post } from "../api/request.ts";
import { problemIn } from "../api/use-answer.ts";
import { Dialog, ReasonField } from "../components/dialog.tsx";
import { ProblemNote } from "../components/problem-note.tsx";
import { RotationPlan } from "../secret/rotation-plan.tsx";
import { BeginNoMore } from "./begin-no-more.tsx";
import { CampaignProgress } from "./campaign-progress.tsx";
import { useCampaign } from "./use-campaign.ts";

interface RotateDialogProps {
  readonly choice: CampaignChoice;
  readonly onClose: () => void;
}

function Plan({ plan: { names, secrets, waves, startsPerSecond, stopAfter } }: { readonly plan: CampaignPlanAnswer }) {
  return (
    <>
      <p>
        {secrets.toLocaleString("en")} secrets that rotate, in {waves.length} wave{waves.length === 1 ? "" : "s"}
        {waves.length > 1 && (
          <>
            {" "}
            of {waves.slice(0, 8).join(", ")}
            {waves.length > 8 && ", …"}: the first is the canary
          </>
        )}
        . At most {startsPerSecond} are begun a second; after{" "}
        {stopAfter === 1 ? "one failure" : `${stopAfter} failures`} no further one is begun.
      </p>
      <ul class="names">
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
        {secrets > names.length && <li>and {(secrets - names.length).toLocaleString("en")} more</li>}
      </ul>
    </>
  );
}

/** Rotate now: what will happen first, then that it happens. */
export function RotateDialog({ choice, onClose }: RotateDialogProps) {
  const [plan, setPlan] = useState<CampaignPlanAnswer>();
  const [problem, setProblem] = useState<Problem>();
  const [reason, setReason] = useState("");
  const [started, setStarted] = useState<CampaignAnswer>();
  const state = useCampaign(started?.campaign);
  const failed = (error: unknown): void => setProblem(problemIn(error));

  useEffect(() => {
    post<CampaignPlanAnswer>("/campaigns/plans", choice).then(setPlan, failed);
  }, [choice]);

  function start(): void {
    setProblem(undefined);
    const { campaign = "" } = plan ?? {};
    post<CampaignAnswer>("/campaigns", { campaign, reason }).then(setStarted, failed);
  }

  const single = "secrets" in choice && choice.secrets.length === 1 ? choice.secrets[0] : undefined;
  const title =
    plan === undefined
      ? "Rotate now"
      : plan.secrets === 1
        ? `Rotate ${plan.names[0] ?? ""} now`
        : `Rotate ${plan.secrets.toLocaleString("en")} secrets now`;
  return (
    <Dialog title={title} onClose={onClose}>
      {plan === undefined && problem === undefined && <p role="status">Planning …</p>}
      {plan !== undefined && started === undefined && (
        <>
          <p>In account {plan.accounts.join("; ")}.</p>
          {single === undefined ? <Plan plan={plan} /> : <RotationPlan secretArn={single} />}
          <ReasonField value={reason} told={setReason} />
        </>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {started !== undefined && <CampaignProgress state={state} secrets={started.secrets} />}
      <footer>
        {plan !== undefined && started === undefined && (
          <button type="button" class="main danger" onClick={start}>
            Rotate now
          </button>
        )}
        {started !== undefined && !state.isOver && (
          <>
            <a href={`/campaigns/${started.campaign}`}>Follow it on its page</a>
            <BeginNoMore campaign={started.campaign} failed={setProblem} />
          </>
        )}
      </footer>
    </Dialog>
  );
}
