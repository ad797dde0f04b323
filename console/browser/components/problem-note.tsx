import type { Problem } from "../../contract.ts";

const ownCodes = new Set(["session-required", "request-refused", "not-found"]);

/** What went wrong, what to do, and where the runbook says more. */
export function ProblemNote({ problem: { code, message, hint } }: { readonly problem: Problem }) {
  return (
    <div class="problem" role="alert">
      <p>{message}</p>
      <p>{hint}</p>
      {!ownCodes.has(code) && <RunbookLink code={code} />}
    </div>
  );
}

export const RunbookLink = ({ code }: { readonly code: string }) => (
  <a href={`/runbook.html#${code}`} target="_blank" rel="noreferrer">
    Runbook: {code}
  </a>
);
