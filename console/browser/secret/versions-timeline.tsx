import type { SecretAnswer } from "../../contract.ts";
import { FromNow, Instant } from "../components/times.tsx";

interface VersionsTimelineProps {
  readonly details: SecretAnswer["details"];
}

/** Versions and their staging labels, newest first, each with who has it: clusters of Vault and subscribers. */
export function VersionsTimeline({ details: { versions, mirrors, subscribers } }: VersionsTimelineProps) {
  return (
    <ol class="versions">
      {versions.map(({ versionId, labels, createdAt }) => (
        <li key={versionId} class={labels.includes("AWSCURRENT") ? "current" : ""}>
          <div>
            {labels.map((label) => (
              <span key={label} class={`label ${label.toLowerCase()}`}>
                {label}
              </span>
            ))}
            {labels.length === 0 && <span class="label">no label</span>}
          </div>
          <code>{versionId}</code>
          <div class="quiet">
            made <FromNow at={createdAt} />, <Instant at={createdAt} />
          </div>
          <div>
            {mirrors
              .filter((mirror) => mirror.versionId === versionId)
              .map(({ cluster, revision = 0 }) => (
                <span key={cluster} class="tag">
                  {cluster}, revision {revision}
                </span>
              ))}
            {subscribers
              .filter((subscriber) => subscriber.versionId === versionId)
              .map(({ name }) => (
                <span key={name} class="tag">
                  {name}
                </span>
              ))}
          </div>
        </li>
      ))}
    </ol>
  );
}
