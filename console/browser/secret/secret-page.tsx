import { useRoute } from "preact-iso/router";
import { useState } from "preact/hooks";
import { canRotate } from "../../../shared/operations/fleet/health.ts";
import { rotatorText } from "../../../shared/operations/fleet/rotator-text.ts";
import type { Problem, SecretAnswer } from "../../contract.ts";
import { useLive } from "../api/use-live.ts";
import { RotateDialog } from "../campaigns/rotate-dialog.tsx";
import { ConnectionNote, useTitle } from "../components/page.tsx";
import { ProblemNote } from "../components/problem-note.tsx";
import { HealthBadge } from "../components/status-badges.tsx";
import { FromNow } from "../components/times.tsx";
import { CheckResults } from "./check-results.tsx";
import { PropagationPicture } from "./propagation-picture.tsx";
import { RollbackDialog } from "./rollback-dialog.tsx";
import { Rotations } from "./rotations.tsx";
import { Mirrors, Records, Subscribers } from "./secret-tables.tsx";
import { VersionsTimeline } from "./versions-timeline.tsx";
import { rotationReasonTag } from "../../../shared/tags/tag-names.ts";

function Facts({ details: { summary, regionsBehind } }: Pick<SecretAnswer, "details">) {
  const { lastRotatedAt, nextRotationAt, managedBy, rotationFunctionArn, reason, tags } = summary;
  const shownTags = Object.entries(tags).filter(([key]) => key !== rotationReasonTag);
  return (
    <dl class="facts">
      <dt>Last rotated</dt>
      <dd>{lastRotatedAt === undefined ? "never" : <FromNow at={lastRotatedAt} />}</dd>
      <dt>Next rotation</dt>
      <dd>{nextRotationAt === undefined ? "not planned" : <FromNow at={nextRotationAt} />}</dd>
      <dt>{managedBy === undefined ? "Strategy" : "Managed"}</dt>
      <dd>{rotatorText(summary) ?? "the engine's default"}</dd>
      <dt>Function</dt>
      <dd>{rotationFunctionArn === undefined ? "none" : <code>{rotationFunctionArn.split(":").at(-1)}</code>}</dd>
      {reason !== undefined && (
        <>
          <dt>Rotated by hand because</dt>
          <dd>{reason}</dd>
        </>
      )}
      {regionsBehind.length > 0 && (
        <>
          <dt>Replicas behind</dt>
          <dd>{regionsBehind.join(", ")}</dd>
        </>
      )}
      {shownTags.length > 0 && (
        <>
          <dt>Tags</dt>
          <dd>
            {shownTags.map(([key, value]) => (
              <a key={key} class="tag" href={`/?tag=${encodeURIComponent(`${key}=${value}`)}`}>
                {key}={value}
              </a>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

const sections = [
  ["Propagation", ({ propagation }: SecretAnswer) => <PropagationPicture propagation={propagation} />],
  ["Versions", ({ details }: SecretAnswer) => <VersionsTimeline details={details} />],
  ["Rotations", ({ history }: SecretAnswer) => <Rotations history={history} />],
  ["Vault", ({ details }: SecretAnswer) => <Mirrors details={details} />],
  ["Subscribers", ({ details }: SecretAnswer) => <Subscribers details={details} />],
  ["What would make it fail", ({ details }: SecretAnswer) => <CheckResults secretArn={details.summary.secretArn} />],
  ["Who changed what", ({ history }: SecretAnswer) => <Records history={history} />],
] as const;

/** One secret, live: its status, its history, and the operations on it. */
export function SecretPage() {
  const { secret: secretId = "" } = useRoute().params;
  const [secret, setSecret] = useState<SecretAnswer>();
  const [problem, setProblem] = useState<Problem>();
  const [trouble, setTrouble] = useState<Problem>();
  const [open, setOpen] = useState<"rotate" | "rollback">();
  const connection = useLive(`/secrets/${encodeURIComponent(secretId)}/live`, {
    secret(data) {
      setSecret(data as SecretAnswer);
      setTrouble(undefined);
    },
    trouble: (data) => setTrouble(data as Problem),
    problem: (data) => {
      setProblem(data as Problem);
      return true;
    },
  });
  useTitle(secret?.details.summary.name ?? "Secret");
  if (problem !== undefined) return <ProblemNote problem={problem} />;
  if (secret === undefined) {
    return connection === "live" ? <p role="status">Looking …</p> : <ConnectionNote connection={connection} />;
  }
  const { summary } = secret.details;
  const { secretArn, name, health } = summary;
  return (
    <>
      <div class="heading">
        <h1>
          {name} <HealthBadge health={health} />
        </h1>
        <p class="arn">
          <code>{secretArn}</code>
        </p>
        <div class="actions">
          <button type="button" disabled={summary.managedBy !== undefined} onClick={() => setOpen("rollback")}>
            Roll back …
          </button>
          <button type="button" class="main" disabled={!canRotate(summary)} onClick={() => setOpen("rotate")}>
            Rotate now …
          </button>
        </div>
      </div>
      <ConnectionNote connection={connection} />
      {trouble !== undefined && <ProblemNote problem={trouble} />}
      <Facts details={secret.details} />
      <div class="parts">
        {sections.map(([title, draw]) => (
          <section key={title} class="part">
            <h2>{title}</h2>
            {draw(secret)}
          </section>
        ))}
      </div>
      {open === "rotate" && <RotateOne secretArn={secretArn} onClose={() => setOpen(undefined)} />}
      {open === "rollback" && <RollbackDialog secretArn={secretArn} name={name} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function RotateOne({ secretArn, onClose }: { readonly secretArn: string; readonly onClose: () => void }) {
  const [choice] = useState({ secrets: [secretArn] });
  return <RotateDialog choice={choice} onClose={onClose} />;
}
