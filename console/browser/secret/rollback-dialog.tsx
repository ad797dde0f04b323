import { useState } from "preact/hooks";
import type { Problem, RollbackPlanAnswer } from "../../contract.ts";
import { post } from "../api/request.ts";
import { problemIn, useTrial } from "../api/use-answer.ts";
import { Dialog, ReasonField } from "../components/dialog.tsx";
import { ProblemNote } from "../components/problem-note.tsx";
import { Instant } from "../components/times.tsx";

interface RollbackDialogProps {
  readonly secretArn: string;
  readonly name: string;
  readonly onClose: () => void;
}

const Plan = ({ plan }: { readonly plan: RollbackPlanAnswer }) => (
  <ul>
    <li>
      <b>{plan.username}</b> of <Instant at={plan.previousCreatedAt} /> (version <code>{plan.previousVersionId}</code>),
      which was just seen to log in, becomes current.
    </li>
    <li>
      Version <code>{plan.currentVersionId}</code> becomes AWSPREVIOUS. Nothing is changed on the server (
      {plan.strategy}).
    </li>
  </ul>
);

/** AWSPREVIOUS becomes current again, once it was seen to log in. */
export function RollbackDialog({ secretArn, name, onClose }: RollbackDialogProps) {
  const path = `/secrets/${encodeURIComponent(secretArn)}`;
  const { answer: plan, problem: refused } = useTrial<RollbackPlanAnswer>(`${path}/rollback-plan`);
  const [reason, setReason] = useState("");
  const [isSent, setIsSent] = useState(false);
  const [done, setDone] = useState<RollbackPlanAnswer>();
  const [problem, setProblem] = useState<Problem>();

  function rollBack(): void {
    setIsSent(true);
    setProblem(undefined);
    const { versionId = "" } = plan ?? {};
    post<RollbackPlanAnswer>(`${path}/rollback`, { versionId, ...(reason === "" ? {} : { reason }) })
      .then(setDone, (error: unknown) => setProblem(problemIn(error)))
      .finally(() => setIsSent(false));
  }

  return (
    <Dialog title={`Roll ${name} back`} onClose={onClose}>
      {plan === undefined && refused === undefined && <p role="status">Trying to log in with AWSPREVIOUS …</p>}
      {plan !== undefined && done === undefined && (
        <>
          <Plan plan={plan} />
          <ReasonField value={reason} told={setReason} />
        </>
      )}
      {[refused, problem].map((one) => one !== undefined && <ProblemNote key={one.message} problem={one} />)}
      {done !== undefined && (
        <p role="status">
          Rolled back: AWSCURRENT is version <code>{done.versionId}</code>.
        </p>
      )}
      <footer>
        {plan !== undefined && done === undefined && (
          <button type="button" class="main danger" disabled={isSent} onClick={rollBack}>
            Roll back
          </button>
        )}
      </footer>
    </Dialog>
  );
}
