import type { SecretAnswer } from "../../contract.ts";
import { exactSpan, FromNow } from "../components/times.tsx";
import { Steps } from "./steps.tsx";

const kinds = { succeeded: "good", tested: "good", failed: "bad", unfinished: "moving" } as const;

/** The last rotations step by step; the newest is unfolded. */
export function Rotations({ history: { rotations, unseen } }: { readonly history: SecretAnswer["history"] }) {
  const hidden = unseen.find(({ source }) => source === "step-log");
  return (
    <>
      {hidden !== undefined && <p class="empty">The log of its rotation function could not be read: {hidden.code}.</p>}
      {hidden === undefined && rotations.length === 0 && <p class="empty">None in the log of its rotation function.</p>}
      {rotations.map(({ versionId, outcome, startedAt, endedAt, steps }, at) => (
        <details key={`${versionId} ${startedAt}`} open={at === 0}>
          <summary>
            <span class={`badge ${kinds[outcome]}`}>{outcome}</span> <FromNow at={startedAt} />, in{" "}
            {exactSpan(new Date(endedAt).getTime() - new Date(startedAt).getTime())}, to <code>{versionId}</code>
          </summary>
          <Steps steps={steps} />
        </details>
      ))}
    </>
  );
}
