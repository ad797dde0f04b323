import type { StepRecord } from "../../../shared/ports/records.ts";
import type { Json } from "../../contract.ts";
import { RunbookLink } from "../components/problem-note.tsx";
import { exactSpan, Instant } from "../components/times.tsx";

const kinds = { done: "good", "already-done": "still", failed: "bad" } as const;

/** Steps of a rotation, as its function logged them: when, how long, and what to do where one failed. */
export const Steps = ({ steps }: { readonly steps: readonly Json<StepRecord>[] }) => (
  <ol class="steps">
    {steps.map(({ step, at, outcome, durationMs, code, hint }) => (
      <li key={`${step} ${at}`}>
        <span class={`badge ${kinds[outcome]}`}>{outcome}</span> <b>{step}</b> <Instant at={at} />
        {durationMs !== undefined && <span class="quiet"> {exactSpan(durationMs)}</span>}
        {code !== undefined && (
          <p class="failure">
            {hint} <RunbookLink code={code} />
          </p>
        )}
      </li>
    ))}
  </ol>
);
