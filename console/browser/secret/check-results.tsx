import { useState } from "preact/hooks";
import type { ChecksAnswer, Problem } from "../../contract.ts";
import { post } from "../api/request.ts";
import { problemIn } from "../api/use-answer.ts";
import { ProblemNote } from "../components/problem-note.tsx";

/** The doctor: what would make the next rotation fail, found by trying all but a change. Asked for, since it logs in. */
export function CheckResults({ secretArn }: { readonly secretArn: string }) {
  const [findings, setFindings] = useState<ChecksAnswer>();
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setIsAsking] = useState(false);

  function examine(): void {
    setIsAsking(true);
    setProblem(undefined);
    post<ChecksAnswer>(`/secrets/${encodeURIComponent(secretArn)}/findings`, {})
      .then(setFindings, (error: unknown) => setProblem(problemIn(error)))
      .finally(() => setIsAsking(false));
  }

  return (
    <>
      <button type="button" disabled={isAsking} onClick={examine}>
        {isAsking ? "Examining …" : "Examine it now"}
      </button>
      <div role="status">
        {findings?.length === 0 && <p>Nothing found: its next rotation will go well.</p>}
        {findings !== undefined && findings.length > 0 && (
          <ul class="findings">
            {findings.map(({ code, severity, meaning, remedy, detail }) => (
              <li key={`${code} ${JSON.stringify(detail)}`}>
                <span class={`badge ${severity === "error" ? "bad" : "moving"}`}>{severity}</span> <b>{code}</b>:{" "}
                {meaning}
                <p class="quiet">
                  {Object.entries(detail)
                    .map(([name, value]) => `${name}=${String(value)}`)
                    .join(" ")}
                </p>
                <p>{remedy}</p>
              </li>
            ))}
          </ul>
        )}
      </div>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </>
  );
}
