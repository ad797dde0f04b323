import type { RotationPlanAnswer } from "../../contract.ts";
import { useTrial } from "../api/use-answer.ts";
import { ProblemNote } from "../components/problem-note.tsx";

/** What a rotation would do, step by step, from the core's own steps run without a write or a connection. */
export function RotationPlan({ secretArn }: { readonly secretArn: string }) {
  const { answer, problem } = useTrial<RotationPlanAnswer>(`/secrets/${encodeURIComponent(secretArn)}/rotation-plan`);
  if (problem !== undefined) return <ProblemNote problem={problem} />;
  if (answer === undefined) return <p role="status">Planning …</p>;
  return (
    <>
      <dl class="facts">
        <dt>Strategy</dt>
        <dd>{answer.strategy}</dd>
        {answer.passwordHash !== undefined && (
          <>
            <dt>Form in which the server keeps the password</dt>
            <dd>{answer.passwordHash}</dd>
          </>
        )}
        <dt>AWSCURRENT does not log in for</dt>
        <dd>{answer.window}</dd>
      </dl>
      <ol class="plan">
        {answer.steps.map(({ step, actions }) => (
          <li key={step}>
            <b>{step}</b>
            <ul>
              {actions.map(({ kind, what }, at) => (
                <li key={`${at}`}>
                  <span class="kind">{kind}</span> <code>{what}</code>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      <p class="quiet">Nothing was changed, and no server was contacted.</p>
    </>
  );
}
